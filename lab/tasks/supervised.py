"""Classification and regression with an MLP, on any prepared table."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from lab import losses, models
from lab.data import Source
from lab.models import MLP
from lab.tasks.task import Initial, Problem, Task


def supervised(
    source: Source,
    *,
    widths: tuple[int, ...] = (32, 32),
    activation: str = "relu",
    initializer: str = "he_normal",
    normalization: str | None = None,
    dropout: bool = False,
    residual: bool = False,
) -> Task:
    """An MLP on `source`: softmax cross-entropy for classes, squared error for numbers.

    Numbers of the task, each of which may be an axis: `init_scale` (1.0), which multiplies the
    initial weights, and with `dropout=True` the `dropout_rate` (0.5). All other arguments are
    static options; as an axis they cost a program per value.

    Args:
      source: Data that can be split; `lab.data.load(name)` and `lab.data.from_file` give tables
        for `lab.data.source`.
      widths: Units of each hidden layer.
      activation: A name out of `lab.models.ACTIVATIONS`.
      initializer: A name out of `lab.models.INITIALIZERS`.
      normalization: None, `"batch"` or `"layer"`.
      dropout: Whether hidden units are dropped in training.
      residual: Whether layers of equal width are bridged.
    """
    options: dict[str, Any] = {
        "widths": tuple(widths), "activation": activation, "initializer": initializer,
        "normalization": normalization, "dropout": dropout, "residual": residual,
    }  # fmt: skip
    classes = source.kind == "classification"
    model = MLP(outputs=source.n_classes if classes else 1, **options)
    per_example = _cross_entropy if classes else _squared_error
    measure = _classification_metrics if classes else _regression_metrics
    return Task(
        name=source.name,
        problem=Problem(
            init=Init(model, source.n_features),
            loss=Loss(model, per_example),
            metrics=Metrics(model, measure),
            predict=Predict(model, jax.nn.softmax if classes else _first),
        ),
        source=source,
        hypers={"init_scale": 1.0} | ({"dropout_rate": 0.5} if dropout else {}),
        kind=source.kind,
        options=options,
        variant=partial(_variant, source, options),
    )


def _variant(source: Source, options: dict[str, Any], **other: Any) -> Task:
    return supervised(source, **{**options, **other})


@dataclass(frozen=True)
class Init:
    """Parameters of `model` for inputs of `features` columns."""

    model: MLP
    features: int

    def __call__(self, key, hypers) -> Initial:
        """Draw them; scaled by `init_scale`."""
        example = jnp.zeros((1, self.features), jnp.float32)
        return Initial(*models.init(self.model, key, example, hypers))


@dataclass(frozen=True)
class Loss:
    """The weighted mean of a loss over a batch, in training mode."""

    model: MLP
    per_example: Callable[[Any, Any], jax.Array]  # (outputs [B, ·], targets [B]) -> [B]

    def __call__(self, params, model_state, batch, key, hypers):
        """Σ w·l / Σ w, and the model's new state."""
        outputs, model_state = models.apply(
            self.model, params, model_state, batch["x"], train=True, key=key, hypers=hypers
        )
        weight = batch["weight"]
        value = jnp.sum(weight * self.per_example(outputs, batch["y"])) / jnp.sum(weight)
        return value, (model_state, {})


@dataclass(frozen=True)
class Metrics:
    """Measurements per example, in inference mode: no dropout, running averages."""

    model: MLP
    measure: Callable[[Any, Any], dict[str, jax.Array]]

    def __call__(self, params, model_state, batch, hypers):
        """`{name: [B]}`."""
        outputs, _ = models.apply(
            self.model, params, model_state, batch["x"], train=False, hypers=hypers
        )
        return self.measure(outputs, batch["y"])


@dataclass(frozen=True)
class Predict:
    """What the model says of each row: class probabilities [B, K], or numbers [B]."""

    model: MLP
    transform: Callable[[Any], jax.Array]

    def __call__(self, params, model_state, batch, hypers):
        """In inference mode."""
        outputs, _ = models.apply(
            self.model, params, model_state, batch["x"], train=False, hypers=hypers
        )
        return self.transform(outputs)


def _cross_entropy(outputs, targets):
    return losses.softmax_cross_entropy_with_integer_labels(outputs, targets)


def _squared_error(outputs, targets):
    return losses.squared_error(outputs[:, 0], targets)


def _classification_metrics(outputs, targets):
    hit = jnp.argmax(outputs, -1) == targets
    return {"loss": _cross_entropy(outputs, targets), "accuracy": hit.astype(outputs.dtype)}


def _regression_metrics(outputs, targets):
    return {"loss": _squared_error(outputs, targets)}


def _first(outputs):
    return outputs[:, 0]
