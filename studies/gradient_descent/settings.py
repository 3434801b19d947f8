"""Numbers of the study of batch sizes."""

from dataclasses import dataclass
from typing import Annotated

from lab.study import Settings, flags


@dataclass(frozen=True)
class GradientDescent(Settings):
    """Of SGD on digits at every batch size, and of a published comparison made again."""

    seeds: Annotated[int, flags.whole(2, 100_000)] = 64
    """Fresh seeds that are reported, of every batch size."""
    tuning: int = 8  # seeds that select the rates
    task: str = "digits"
    rates: int = 24  # tried, the same for every batch size, between
    slowest: float = 0.002
    fastest: float = 6.0
    targets: tuple[float, ...] = (0.3, 0.2, 0.15)  # validation loss: easier, main, harder
    sizes: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)  # and all rows
    least: int = 100  # updates of every run, beside
    examples: int = 5000  # over the batch size
    points: int = 320  # of a curve, at most
    probed: int = 32  # batch size of the training along which the noise is measured
    groups: int = 8  # that its batches are cut into
    probed_updates: int = 2000
    repeats: int = 15  # of timing
    # the published comparison: two moons, RMSprop
    moons: int = 400  # rows
    validation: int = 80  # of them
    noise: float = 0.25
    width: int = 10  # of both layers
    epochs: int = 15
    rate: float = 1e-3  # Keras's defaults
    decay: float = 0.9
    epsilon: float = 1e-7
    unfair_rates: int = 12  # tried where it is tuned
    unfair_slowest: float = 1e-4
    unfair_fastest: float = 0.3

    @property
    def target(self) -> float:
        """The main one, for which rates are tuned."""
        return self.targets[1]

    @property
    def split(self) -> int:
        """Of the rows."""
        return self.numbers(1)[0]
