"""What the lab knows about one regularizer, and what a regularizer may know about the data."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from lab.validation.checks import check_fields


class Facts(NamedTuple):
    """What is static about the data.

    Attributes:
      classes: K; 0 where the target is a number.
      image_shape: (height, width), where columns are pixels on one scale; None elsewhere.
    """

    classes: int = 0
    image_shape: tuple[int, int] | None = None


def everywhere(facts: Facts) -> str:
    """No data is unfit."""
    del facts
    return ""


@dataclass(frozen=True)
class Regularizer:
    """One of the three functions is given.

    Attributes:
      name: The key in the catalogue.
      strengths: Names of its numbers with their defaults, as pairs; at 0 it does nothing.
      reference: Where it comes from.
      penalty: `(params, numbers) -> []`, added to the training loss.
      weights: `(key, params, numbers) -> params` that the training loss is taken at.
      batch: `(key, batch, numbers, facts) -> batch` that the training loss is taken on.
      unfit: `facts -> str`: what is missing for it; empty where nothing is.
    """

    name: str
    strengths: tuple[tuple[str, float], ...]
    reference: str
    penalty: Callable[..., Any] | None = None
    weights: Callable[..., Any] | None = None
    batch: Callable[..., Any] | None = None
    unfit: Callable[[Facts], str] = everywhere

    def __post_init__(self):
        check_fields(self)
