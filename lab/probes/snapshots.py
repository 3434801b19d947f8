"""Probes for `lab.sweep(..., probe=...)`: from a snapshot of one update to arrays in the record.

Equal probes are equal and hash alike, so that programs with them share compilations. Layers are
stacked in order of depth, [L]; their names are `layer_names(params)` or those of `hidden`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax

from lab import models
from lab.probes.gradient_noise import Loss
from lab.probes.history import memory
from lab.probes.leaves import stacked
from lab.probes.norms import (
    cosine,
    layer_norms,
    relative_change,
    update_to_weight_ratio,
)
from lab.probes.saturation import dead_fraction, saturated_fraction
from lab.probes.signal import activation_mean, activation_rms, activation_std, histogram
from lab.tasks.task import Problem
from lab.types import Snapshot
from lab.validation.checks import check_fields, checked
from lab.validation.kinds import Count, Key, Whole


@dataclass(frozen=True)
class Together:
    """Several probes as one; made by `together`."""

    probes: tuple[tuple[str, Callable[[Snapshot], Any]], ...]

    def __post_init__(self):
        check_fields(self)

    def __call__(self, snapshot: Snapshot) -> dict[str, Any]:
        """`{name: what the probe gives}`."""
        return {name: probe(snapshot) for name, probe in self.probes}


@checked
def together(**probes: Callable[[Snapshot], Any]) -> Together:
    """Several probes as one, whose values are called `probe_NAME_...` in the record."""
    return Together(tuple(probes.items()))


@dataclass(frozen=True)
class Flow:
    """Norms per layer: `weight_norm`, `gradient_norm`, `update_norm`, `update_to_weight`, [L] each.

    Attributes:
      depth: How many keys name a layer; see `layers`.
    """

    depth: Count | None = None

    def __post_init__(self):
        check_fields(self)

    def __call__(self, snapshot: Snapshot) -> dict[str, jax.Array]:
        """Of the parameters before the update, its gradient, and the update."""
        params, gradient, update = snapshot.params, snapshot.gradient, snapshot.update
        return {
            "weight_norm": stacked(layer_norms(params, self.depth)),
            "gradient_norm": stacked(layer_norms(gradient, self.depth)),
            "update_norm": stacked(layer_norms(update, self.depth)),
            "update_to_weight": stacked(update_to_weight_ratio(update, params, self.depth)),
        }


@dataclass(frozen=True)
class Since:
    """`relative_change` [L] since the start, and `cosine` [] with the gradient before.

    For optimizers that remember: `{"adam": lab.probes.remembering(CATALOG["adam"])}`. The cosine
    of the first update is 0.

    Attributes:
      depth: How many keys name a layer; see `layers`.
    """

    depth: Count | None = None

    def __post_init__(self):
        check_fields(self)

    def __call__(self, snapshot: Snapshot) -> dict[str, jax.Array]:
        """Of the parameters before the update, and its gradient."""
        before = memory(snapshot.opt_state)
        return {
            "relative_change": stacked(relative_change(snapshot.params, before.start, self.depth)),
            "cosine": cosine(snapshot.gradient, before.gradient),
        }


@dataclass(frozen=True)
class Signal:
    """Activations per hidden layer of a model that sows them, on the batch of the update.

    `mean`, `std`, `rms` of what each layer puts out, `dead` and `saturated` shares by what its
    activation was given, [L] each, and with edges the `histogram` of outputs [L, bins].

    Attributes:
      model: A Linen module such as `lab.models.MLP`.
      activation: f, for dead and saturated units; None to leave them out.
      threshold: Of |f'|, below which a unit is saturated.
      edges: Of the histogram's bins; () for none.
      train: Whether batches normalize themselves and units are dropped, as in the update.
      seed: Of what is random in the model, the same at every update.
    """

    model: Any
    activation: Callable[..., Any] | None = None
    threshold: float = 0.05
    edges: tuple[float, ...] = ()
    train: bool = True
    seed: Whole = 0

    def __post_init__(self):
        check_fields(self)

    def __call__(self, snapshot: Snapshot) -> dict[str, jax.Array]:
        """With the parameters before the update."""
        outputs = self._hidden(snapshot, "output")
        shown = {
            "mean": stacked(activation_mean(outputs)),
            "std": stacked(activation_std(outputs)),
            "rms": stacked(activation_rms(outputs)),
        }
        if self.edges:
            shown["histogram"] = stacked(histogram(outputs, self.edges))
        if self.activation is not None:
            given = self._hidden(snapshot, "preactivation")
            shown["dead"] = stacked(dead_fraction(given, self.activation))
            shown["saturated"] = stacked(saturated_fraction(given, self.activation, self.threshold))
        return shown

    def _hidden(self, snapshot, of):
        return models.hidden(
            self.model, snapshot.params, snapshot.model_state, snapshot.batch["x"], of=of,
            train=self.train, key=jax.random.key(self.seed), hypers=snapshot.hypers.task,
        )  # fmt: skip


@dataclass(frozen=True)
class OfLoss:
    """A probe of the training loss, on the batch of the update or rows of one's own.

    `OfLoss(task.problem, measure)` calls `measure(loss, params, batch, key)`, for example
    `lab.probes.sharpness`. The loss is that of training (batches normalize themselves), with one
    key for what is random in it.

    Attributes:
      problem: `Task.problem`.
      measure: `(loss, params, batch, key) -> pytree of arrays`.
      seed: Of the measure's and the loss's keys, the same at every update.
    """

    problem: Problem
    measure: Callable[[Loss, Any, Any, Any], Any]
    seed: Whole = 0

    def __post_init__(self):
        check_fields(self)

    def __call__(self, snapshot: Snapshot) -> Any:
        """At the parameters before the update."""
        loss_key, key = jax.random.split(jax.random.key(self.seed))
        loss = loss_of(self.problem, snapshot, loss_key)
        return self.measure(loss, snapshot.params, snapshot.batch, key)


@checked
def loss_of(problem: Problem, snapshot: Snapshot, key: Key) -> Loss:
    """The training loss as `(params, batch) -> []`, with everything else as in a snapshot.

    Args:
      problem: `Task.problem`.
      snapshot: Gives the model's state and the task's numbers.
      key: Of what is random in the loss.
    """

    def loss(params, batch):
        return problem.loss(params, snapshot.model_state, batch, key, snapshot.hypers.task)[0]

    return loss
