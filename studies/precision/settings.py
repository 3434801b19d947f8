"""Numbers of the study of precision."""

from dataclasses import dataclass
from typing import Annotated

from lab.study import Settings, flags

REFERENCE, BFLOAT = "float32", "mixed bfloat16, static scale"
STATIC, DYNAMIC = "mixed float16, static scale", "mixed float16, dynamic scale"
WHOLE = ("float16 throughout", "bfloat16 throughout")


@dataclass(frozen=True)
class Precision(Settings):
    """Of a network in several formats, of softmaxes, and of descent on badly scaled inputs."""

    seeds: Annotated[int, flags.whole(2, 100_000)] = 16
    """Fresh seeds that are reported, and true weights of the regression."""
    tuning: int = 4  # seeds that select the network's rate
    ways: tuple[str, ...] = (REFERENCE, *WHOLE, STATIC, DYNAMIC, BFLOAT)
    widths: tuple[int, ...] = (64, 64, 64)
    rates: int = 5
    slowest: float = 0.003
    fastest: float = 0.3
    batch: int = 32
    epochs: int = 12
    exponents: tuple[int, ...] = tuple(range(-24, 25, 4))  # of 2: the (first) loss scales
    # softmax of random logits
    logits: int = 40  # sizes of the largest, between
    small: float = 1.0
    large: float = 1000.0
    draws: int = 200
    # linear regression
    rules: tuple[str, ...] = ("sgd", "momentum", "adam")
    features: int = 10
    samples: int = 200
    conditions: tuple[float, ...] = (1.0, 10.0, 100.0, 1000.0)
    input_rates: int = 7
    input_slowest: float = 0.003
    input_fastest: float = 3.0
    steps: int = 4000
    target: float = 1e-3  # of the first loss

    @property
    def split(self) -> int:
        """Of the rows; of logits and inputs, the seed."""
        return self.numbers(1)[0]
