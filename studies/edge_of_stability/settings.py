"""Numbers of the study of sharpness."""

from dataclasses import dataclass
from typing import Annotated

from lab.study import Settings, flags


@dataclass(frozen=True)
class EdgeOfStability(Settings):
    """Of a tanh network on some digits, full batches, and of what looking into it costs."""

    seeds: Annotated[int, flags.whole(2, 100_000)] = 8
    """Initial networks."""
    arms: tuple[str, ...] = (
        "gradient descent",
        "gradient descent, cross-entropy",
        "heavy ball",
        "Adam",
    )
    rows: int = 500
    widths: tuple[int, ...] = (32, 32)
    momentum: float = 0.9
    b1: float = 0.9  # of Adam
    b2: float = 0.999
    factors: tuple[float, ...] = (0.3, 0.6, 1.2, 1.6, 2.0)  # rates, in edges at the start
    adam_rates: tuple[float, ...] = (1e-3, 3e-3, 5.5e-3, 1e-2)
    updates: int = 4000
    every: int = 40  # updates between two looks
    lanczos: int = 15  # Hessian-vector products of a look
    # what is priced, updates between two looks, updates of a stage (long beside its planning)
    looks: tuple[tuple[str, int, int], ...] = (
        ("norms", 10, 1000),
        ("activations", 10, 1000),
        ("both", 10, 1000),
        ("λ₁", 10, 40),
        ("λ₁", 40, 40),
    )
    stages: int = 4  # sweeps of one and of so many differ by the rest, and by nothing else
    repeats: int = 8

    @property
    def split(self) -> int:
        """Of the rows."""
        return self.numbers(1)[0]
