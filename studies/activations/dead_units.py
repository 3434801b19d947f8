"""Hidden biases as a number of a task, and a probe that finds dead units."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import lab
from lab import models, probes
from lab.models import ACTIVATIONS
from lab.tasks.task import Initial, Task
from lab.types import Snapshot


@dataclass(frozen=True)
class Biased:
    """Initial parameters whose hidden biases are the number `bias`, so that it may be an axis."""

    init: Any

    def __call__(self, key, hypers) -> Initial:
        """As `init` draws them, then biased."""
        params, state = self.init(key, hypers)

        def at(path, leaf):
            names = [getattr(part, "key", "") for part in path]
            hidden = str(names[0]).startswith("hidden") and names[-1] == "bias"
            return leaf + jnp.asarray(hypers["bias"], leaf.dtype) if hidden else leaf

        return Initial(jax.tree_util.tree_map_with_path(at, params), state)


def with_bias(task: Task) -> Task:
    """The task with one more number: `bias`, of hidden units at the start."""
    problem = replace(task.problem, init=Biased(task.problem.init))
    return replace(task, problem=problem, hypers={**task.hypers, "bias": 0.0}, variant=None)


@lru_cache(maxsize=1)
def training_inputs(split: int) -> np.ndarray:
    """All training rows of digits: what a dead unit must be silent on, [N, 64]."""
    prepared = lab.tasks.CATALOG["digits"].make().source.prepare(split)
    return np.asarray(prepared.rows["x"])[np.asarray(prepared.train)]


@dataclass(frozen=True)
class Dead:
    """Probe: the share of hidden units with f' = 0 on every training row, layer by layer: [L]."""

    model: Any
    activation: str
    split: int

    def __call__(self, snapshot: Snapshot) -> jax.Array:
        """With the parameters before the update."""
        rows, params = training_inputs(self.split), snapshot.params
        given = models.hidden(self.model, params, snapshot.model_state, rows, of="preactivation")
        return probes.stacked(probes.dead_fraction(given, ACTIVATIONS[self.activation]))
