"""Many rows, each paired with another: which gains exclude zero once all of them are counted."""

from typing import NamedTuple

from lab.statistics.intervals import Interval, mean_interval
from lab.statistics.multiple import holm
from lab.statistics.permutation import sign_flip_test
from lab.validation.checks import checked
from lab.validation.kinds import Samples

LEVEL = 0.05  # of all together


class Gain(NamedTuple):
    """Of a row over the one it is paired with: positive is better."""

    interval: Interval  # 95 % t interval of its own
    p: float  # sign-flip test, adjusted by Holm over all rows

    @property
    def verdict(self) -> str:
        """Whether zero is excluded after the correction."""
        better = "helps" if self.interval.estimate > 0 else "hurts"
        return better if self.p <= LEVEL else "not told apart"


@checked
def gains(differences: Samples) -> list[Gain]:
    """The gain of each row, tested together.

    Args:
      differences: [m, n] over independent replicates, finite: see `finite_differences`.

    >>> import numpy as np
    >>> [gain.verdict for gain in gains([np.arange(9.0), np.arange(9.0) - 4])]
    ['helps', 'not told apart']
    """
    adjusted = holm(sign_flip_test(differences))
    return [
        Gain(Interval(*one), float(p)) for p, *one in zip(adjusted, *mean_interval(differences))
    ]
