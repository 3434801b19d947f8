"""The network and its two losses, and the probes that follow their curvature."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jax
import numpy as np

from lab import data, losses, probes
from lab.models import MLP
from lab.tasks.own import ArraySource
from lab.tasks.supervised import Init, Loss, Metrics, Predict
from lab.tasks.task import Problem, Task
from lab.types import Snapshot

ROWS, WIDTHS = 500, (32, 32)
LANCZOS = 15  # Hessian-vector products of a probe
B1, B2 = 0.9, 0.999  # of Adam


def half_squared(outputs: jax.Array, targets: jax.Array) -> jax.Array:
    """½ Σ_k (ŷ_k − t_k)² for one-hot t: [B, K], [B] -> [B]."""
    wanted = jax.nn.one_hot(targets, outputs.shape[-1], dtype=outputs.dtype)
    return 0.5 * losses.squared_error(outputs, wanted).sum(-1)


def cross_entropy(outputs: jax.Array, targets: jax.Array) -> jax.Array:
    """In nats: [B, K], [B] -> [B]."""
    return losses.softmax_cross_entropy_with_integer_labels(outputs, targets)


@dataclass(frozen=True)
class Measure:
    """The metric of a task: its loss per example."""

    per_example: Callable[[Any, Any], jax.Array]

    def __call__(self, outputs: jax.Array, targets: jax.Array) -> dict[str, jax.Array]:
        """`{"loss": [B]}`."""
        return {"loss": self.per_example(outputs, targets)}


@lru_cache(maxsize=2)
def digits_task(per_example: Callable[[Any, Any], jax.Array]) -> Task:
    """The first 500 training rows of split 0, scaled by all training rows; nothing held out."""
    split = data.source(data.load("digits")).prepare(0)
    rows = {k: np.asarray(v)[split.train[:ROWS]] for k, v in split.rows.items()}
    model = MLP(WIDTHS, 10, activation="tanh", initializer="glorot_normal")
    return Task(
        name=f"digits_{ROWS}",
        problem=Problem(
            Init(model, rows["x"].shape[1]),
            Loss(model, per_example),
            Metrics(model, Measure(per_example)),
            Predict(model, jax.nn.softmax),
        ),
        source=ArraySource(f"digits_{ROWS}", rows, 0.0),
        hypers={"init_scale": 1.0},
    )


@dataclass(frozen=True)
class Curvature:
    """Probe: λ₁ of the Hessian, its error bound, and the loss."""

    problem: Problem

    def __call__(self, snapshot: Snapshot) -> dict[str, jax.Array]:
        """Before the update."""
        found = probes.OfLoss(self.problem, _top)(snapshot)
        return {"sharpness": found.values[0], "bound": found.errors[0], "loss": snapshot.loss}


@dataclass(frozen=True)
class AdamCurvature:
    """Probe: the same of P⁻¹H, P being what the update about to be taken is divided by."""

    problem: Problem

    def __call__(self, snapshot: Snapshot) -> dict[str, jax.Array]:
        """Before the update."""
        preconditioner = probes.adam_preconditioner(
            snapshot.opt_state, B2, gradient=snapshot.gradient, b1=B1
        )

        def top(loss, params, batch, key):
            return probes.preconditioned_eigenvalues(
                loss, params, batch, key, preconditioner, 1, LANCZOS
            )

        found = probes.OfLoss(self.problem, top)(snapshot)
        return {"sharpness": found.values[0], "bound": found.errors[0], "loss": snapshot.loss}


def _top(loss, params, batch, key):
    return probes.top_eigenvalues(loss, params, batch, key, 1, LANCZOS)
