"""The network and its two losses, and the probe that follows their curvature."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from lab import data, losses, probes
from lab.models import MLP
from lab.tasks.own import ArraySource
from lab.tasks.supervised import Init, Loss, Metrics, Predict
from lab.tasks.task import Problem, Task
from lab.types import Snapshot
from studies.edge_of_stability.settings import EdgeOfStability


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


def digits_task(s: EdgeOfStability, per_example: Callable[[Any, Any], jax.Array]) -> Task:
    """The first training rows of a split, scaled by all training rows; nothing held out."""
    split = data.source(data.load("digits")).prepare(s.split)
    rows = {k: np.asarray(v)[split.train[: s.rows]] for k, v in split.rows.items()}
    model = MLP(s.widths, 10, activation="tanh", initializer="glorot_normal")
    return Task(
        name=f"digits_{s.rows}",
        problem=Problem(
            Init(model, rows["x"].shape[1]),
            Loss(model, per_example),
            Metrics(model, Measure(per_example)),
            Predict(model, jax.nn.softmax),
        ),
        source=ArraySource(f"digits_{s.rows}", rows, 0.0),
        hypers={"init_scale": 1.0},
    )


@dataclass(frozen=True)
class Curvature:
    """Probe: λ₁ of the Hessian H, its error bound, and the loss.

    Attributes:
      problem: Of the task.
      steps: Of Lanczos.
      betas: Adam's, where it is λ₁ of P⁻¹H, P being what the update to be taken is divided by.
    """

    problem: Problem
    steps: int
    betas: tuple[float, float] | None = None

    def __call__(self, snapshot: Snapshot) -> dict[str, jax.Array]:
        """Before the update."""

        def top(loss, params, batch, key):
            if self.betas is None:
                return probes.top_eigenvalues(loss, params, batch, key, 1, self.steps)
            b1, b2 = self.betas
            divided_by = probes.adam_preconditioner(
                snapshot.opt_state, b2, gradient=snapshot.gradient, b1=b1
            )
            return probes.preconditioned_eigenvalues(
                loss, params, batch, key, divided_by, 1, self.steps
            )

        found = probes.OfLoss(self.problem, top)(snapshot)
        return {"sharpness": found.values[0], "bound": found.errors[0], "loss": snapshot.loss}
