"""Of the study of slices: its settings, and the network whose loss is sliced."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any

import jax
from jax.flatten_util import ravel_pytree

import lab
from lab.data.streams import init_key
from lab.study import Settings, flags
from lab.tasks import slices


@dataclass(frozen=True)
class LossSlices(Settings):
    """Of the study of slices."""

    seeds: Annotated[int, flags.whole(2, 100_000)] = 16
    """Fresh seeds of every way to train, whose paths are sliced."""
    # a way to train: its name, optimizer, batch size, and between which rates it is tuned
    arms: tuple[tuple[str, str, int, float, float], ...] = (
        ("SGD, batch 16", "sgd", 16, 0.02, 1.5),
        ("SGD, batch 512", "sgd", 512, 0.02, 1.5),
        ("Adam, batch 32", "adam", 32, 3e-4, 0.03),
    )
    widths: tuple[int, ...] = (32, 32)
    updates: int = 1000
    every: int = 10  # updates between points of a path
    trials: int = 7
    tuning_seeds: int = 4
    level: float = 0.02  # training loss at which batch sizes are compared, declared beforehand
    between: int = 51  # points from start to end of a path
    reach: int = 17  # points of a random direction, from −1 to 1 in its lengths
    directions: int = 8  # that are averaged
    map: int = 61  # points along an axis of a map
    raw_length: float = 10.0  # of directions without normalized filters: about the parameters'
    twin: float = 3.0  # both hidden layers times this, the output's kernel over its square


def label(arm: str) -> str:
    """Of the part of a way to train."""
    return arm.replace(", ", "_").replace(" ", "_")


@lru_cache(maxsize=1)  # equal losses share a compilation
def network(s: LossSlices) -> tuple[lab.Task, Callable[[jax.Array], Any], slices.Loss]:
    """What is trained; the tree of parameters that a vector [P] was; (params, rows) -> loss."""
    task = lab.tasks.CATALOG["digits"].make(widths=s.widths)

    def loss(params, rows) -> jax.Array:
        return task.problem.loss(params, {}, rows, None, dict(task.hypers))[0]

    return task, ravel_pytree(task.problem.init(init_key(0), task.hypers).params)[1], loss
