"""The initializer as a number of a task, so that it may be an axis of one program."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp

from lab.models import MLP
from lab.tasks.supervised import Init
from lab.tasks.task import Initial, Task


@dataclass(frozen=True)
class AnyInit:
    """Initial parameters by the initializer whose number `initializer` names.

    Nothing else about a network depends on it.
    """

    model: MLP
    features: int
    names: tuple[str, ...]

    def __call__(self, key, hypers) -> Initial:
        """All are drawn and one is kept."""
        drawn = [
            Init(self.model.clone(initializer=name), self.features)(key, hypers)
            for name in self.names
        ]
        number = hypers["initializer"].astype(jnp.int32)
        return Initial(*jax.tree.map(lambda *leaves: jnp.stack(leaves)[number], *drawn))


def any_initializer(task: Task, names: Sequence[str]) -> Task:
    """A task with an MLP, and one number more: `initializer`, which counts `names` from 0."""
    init: Any = task.problem.init
    problem = replace(task.problem, init=AnyInit(init.model, init.features, tuple(names)))
    return replace(task, problem=problem, hypers={**task.hypers, "initializer": 0.0}, variant=None)


def numbered(names: Sequence[str]) -> list[float]:
    """Their numbers, as an axis holds them."""
    return [float(number) for number in range(len(names))]
