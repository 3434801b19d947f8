"""A claim: a statement, what was measured of it, and whether that bears it out, by one rule."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from lab.statistics.intervals import Interval
from lab.validation.errors import require

HELD, FAILED, OPEN = "held", "did not hold", "inconclusive"
NOTHING = "nothing random"  # the unit of what is exact


def outcome(interval: Interval, low: Any = -math.inf, high: Any = math.inf) -> str:
    """Held if the whole interval lies between the limits, did not hold if none of it does.

    One rule for every kind of claim: a direction has one limit (`low=0`); the value of a theory,
    and "no difference", have declared limits on both sides, so that a wide interval that merely
    contains the value is inconclusive. Of several intervals (arrays, of limits too) all must lie
    inside, and one outside is enough for the claim to fail.

    >>> [outcome(Interval(1.0, a, b), low=0) for a, b in ((0.5, 2), (-3, -1), (-1, 3))]
    ['held', 'did not hold', 'inconclusive']
    >>> outcome(Interval(1.0, 0.2, 1.9), low=0.9, high=1.1)
    'inconclusive'
    """
    below, above, low, high = (
        np.asarray(x, float) for x in (interval.low, interval.high, low, high)
    )
    inside = (np.isneginf(low) | (below > low)) & (np.isposinf(high) | (above < high))
    outside = (above < low) | (below > high)
    known = ~(np.isnan(below) | np.isnan(above))
    if bool(outside.any()):
        return FAILED
    return HELD if bool((inside & known).all()) else OPEN


@dataclass(frozen=True)
class Claim:
    """A statement about numbers of a record.

    Attributes:
      name: By which a page and other runs know it; distinct within a study.
      statement: What is claimed, in words.
      interval: What was measured, with its limits; arrays where several must bear it out.
      n: Units of replication behind the interval; 0 where nothing is random.
      unit: What is replicated, and resampled: seeds, splits, starts.
      low, high: Between which the whole interval must lie; arrays where there are several.
      where: Of what it is said: a task, an optimizer, a number of rows.
      says: The numbers in words; `{}` stands for the interval.
      digits: How its numbers are written.
      source: Who says so.
    """

    name: str
    statement: str
    interval: Interval
    n: int
    unit: str
    low: Any = -math.inf
    high: Any = math.inf
    where: str = ""
    says: str = "{}"
    digits: str = ".3g"
    source: str = "textbooks"

    def __post_init__(self) -> None:
        limited = np.isfinite(np.r_[self.low, self.high]).any()
        require(
            bool(limited),
            f"the claim {self.name!r} needs a limit, low= or high=.",
        )

    @property
    def outcome(self) -> str:
        """By the one rule."""
        return outcome(self.interval, self.low, self.high)

    @property
    def numbers(self) -> str:
        """What was measured, in words."""
        return self.says.replace("{}", span(self.interval, self.digits))

    @property
    def line(self) -> str:
        """As a line of Markdown."""
        where = f", {self.where}" if self.where else ""
        return f"- *{self.statement}*{where}: **{self.outcome}**, {self.numbers}."


def fact(
    name: str, statement: str, true: bool, says: str, n: int = 0, unit: str = NOTHING, **more: Any
) -> Claim:
    """A claim that is true or not: nothing is random, or a theorem says it of every one of `n`."""
    one = np.array(float(true))
    return Claim(name, statement, Interval(one, one, one), n, unit, low=0.5, says=says, **more)


def span(x: Interval, digits: str = ".3g") -> str:
    """Estimate with its limits; one of several where they are arrays: "1 (0 to 2); 3 (2 to 4)".

    >>> span(Interval(1.0, 0.25, 2.0), ".2f")
    '1.00 (0.25 to 2.00)'
    """
    rows = np.stack([np.atleast_1d(np.asarray(v, float)) for v in x], -1).reshape(-1, 3)
    return "; ".join(
        "{} ({} to {})".format(*(format(float(v), digits) for v in row)) for row in rows
    )
