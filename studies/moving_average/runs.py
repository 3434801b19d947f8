"""Averages of many noisy series, and what they make of a step."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import xarray as xr

from lab.statistics.averages import ema, ema_reach, ema_weights, simple_average
from lab.study import Parts, Settings, flags


@dataclass(frozen=True)
class MovingAverage(Settings):
    """Of the study of moving averages."""

    seeds: Annotated[int, flags.whole(2, 100_000)] = 1000
    """Draws of the noise."""
    beta: Annotated[float, flags.number(0, 0.9999, ends=False)] = 0.8
    """β: how much of the average before is kept."""
    observations: Annotated[int, flags.whole(30, 10_000)] = 100
    """Length of the series."""
    first: int = 42  # seed of the noise that is drawn
    middle: float = 15  # of the wave
    height: float = 8
    noise: float = 3  # standard deviation
    late: int = 30  # observations after which the start is forgotten

    @property
    def window(self) -> int:
        """Of the simple average whose noise has the variance of the exponential one's."""
        return max(1, round((1 + self.beta) / (1 - self.beta)))

    @property
    def reach(self) -> int:
        """Observations that carry 95 % of the weight."""
        return ema_reach(self.beta)


def parts(s: MovingAverage) -> Parts:
    """One: nothing is trained."""
    yield "averages", lambda _: averages(s)


def averages(s: MovingAverage) -> xr.Dataset:
    """Plain, bias-corrected and simple averages of the series and of a step, and their weights."""
    seeds, t, ages = s.numbers(s.seeds, s.first), np.arange(1, s.observations + 1), 3 * s.window
    age = np.arange(max(30, ages))
    signal = s.middle + s.height * np.sin(2 * np.pi * t / s.observations)
    noise = [np.random.default_rng(seed).normal(size=s.observations) for seed in seeds]
    data = signal + s.noise * np.array(noise)
    sums = [data[:, u::-1] @ ema_weights(s.beta, u + 1) for u in range(s.observations)]
    plain = ema_weights(s.beta, len(age))

    def of(x):
        corrected = ema(x, s.beta, debias=True)
        return np.stack([ema(x, s.beta), corrected, simple_average(x, s.window)])

    return xr.Dataset(
        {
            "signal": ("t", signal),
            "data": (("seed", "t"), data),
            "average": (("kind", "seed", "t"), of(data)),
            "step_response": (("kind", "t"), of((t > s.observations // 2).astype(float))),
            "weight": (("kind", "age"), [plain, plain, np.where(age < s.window, 1 / s.window, 0)]),
            "expansion_error": ((), np.abs(np.stack(sums, -1) - ema(data, s.beta)).max()),
        },
        {"kind": ["plain", "corrected", "simple"], "t": t, "age": age, "seed": seeds},
    )
