"""What a hyper-parameter may be, searched or compared. Every domain maps [0, 1) onto its values.

So a point of the unit cube is a configuration, and random, quasi-random and grid search differ
only in their points.
"""

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from lab.validation.checks import check_fields, checked
from lab.validation.errors import require, shown
from lab.validation.kinds import Count, Finite, is_real, is_whole, plain


class Domain(Protocol):
    """Values with an order in which a grid takes them."""

    def at(self, u: float) -> Any:
        """The value at `u` in [0, 1); equal stretches of u are equally likely values."""
        ...

    def count(self) -> float:
        """How many values there are; infinite for a continuum."""
        ...

    def levels(self, n: int) -> list[Any]:
        """At most `n` values, evenly spaced, both ends included (the middle when n = 1)."""
        ...

    def holds(self, value: Any) -> bool:
        """Whether `value` is one of them."""
        ...


@dataclass(frozen=True)
class Float:
    """The interval [`low`, `high`], uniform, or with `log` uniform in its logarithm."""

    low: Finite
    high: Finite
    log: bool = False

    def __post_init__(self):
        check_fields(self)
        require(
            self.low < self.high,
            f"a Float needs low < high, given low={self.low}, high={self.high}.",
        )
        require(
            not self.log or self.low > 0,
            f"a Float with log needs 0 < low, given low={shown(self.low)}.",
        )

    def at(self, u: float) -> float:
        """Linearly, low + u (high − low), or low (high/low)ᵘ."""
        value = (
            self.low * (self.high / self.low) ** u
            if self.log
            else self.low + u * (self.high - self.low)
        )
        return float(min(value, self.high))  # rounding may lead beyond

    def count(self) -> float:
        """∞."""
        return math.inf

    def levels(self, n: int) -> list[float]:
        """Even in the variable, or in its logarithm."""
        return [self.at(float(u)) for u in (np.linspace(0, 1, n) if n > 1 else [0.5])]

    def holds(self, value: Any) -> bool:
        """Whether it is a number in the interval."""
        return is_real(value) and self.low <= value <= self.high


@dataclass(frozen=True)
class Int:
    """`low`, `low + step`, ... up to `high`; with `log` small ones are likelier (and step is 1)."""

    low: int
    high: int
    step: Count = 1
    log: bool = False

    def __post_init__(self):
        check_fields(self)
        require(
            self.low <= self.high,
            f"an Int needs low ≤ high, given low={self.low}, high={self.high}.",
        )
        require(
            not self.log or (self.low >= 1 and self.step == 1),
            f"an Int with log needs low ≥ 1 and step 1, given low={self.low}, step={self.step}.",
        )

    def at(self, u: float) -> int:
        """The value whose stretch of [0, 1) holds u: equal stretches, or of length ∝ log(1+1/n)."""
        if self.log:
            return min(int(self.low * ((self.high + 1) / self.low) ** u), self.high)
        return self.low + self.step * min(int(u * self.count()), int(self.count()) - 1)

    def count(self) -> float:
        """(high − low) / step + 1, rounded down."""
        return (self.high - self.low) // self.step + 1

    def levels(self, n: int) -> list[int]:
        """Nearest to the even ones, each once."""
        if n >= self.count():
            return list(range(self.low, self.high + 1, self.step))
        ends = [0.5] if n == 1 else np.linspace(0, 1 - 1e-12, n)
        return list(dict.fromkeys(self.at(float(u)) for u in ends))

    def holds(self, value: Any) -> bool:
        """Whether it is a whole number on the ladder."""
        return (
            is_whole(value)
            and self.low <= value <= self.high
            and (value - self.low) % self.step == 0
        )


@dataclass(frozen=True, init=False)
class Choice:
    """One of some names, numbers, truth values or None, all equally likely."""

    options: tuple[Any, ...]

    def __init__(self, *options: Any):
        options = tuple(map(plain, options))
        known = all(o is None or isinstance(o, str | int | float | bool) for o in options)
        require(
            known and len(set(map(repr, options))) == len(options) > 0,
            f"a Choice needs distinct strings, numbers, booleans or None, given {shown(options)}.",
        )
        object.__setattr__(self, "options", options)

    def __repr__(self) -> str:
        return f"Choice({', '.join(map(repr, self.options))})"

    def at(self, u: float) -> Any:
        """By equal stretches, in the order given."""
        return self.options[min(int(u * len(self.options)), len(self.options) - 1)]

    def count(self) -> float:
        """How many."""
        return len(self.options)

    def levels(self, n: int) -> list[Any]:
        """All: names have no order in which some could stand for others."""
        del n
        return list(self.options)

    def holds(self, value: Any) -> bool:
        """Whether it is one, of the same type."""
        return any(value == option and type(value) is type(option) for option in self.options)


@checked
def Fixed(value: str | int | float | bool | None) -> Choice:
    """A parameter that is not searched."""
    return Choice(value)
