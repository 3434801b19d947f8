"""Classification and regression with an MLP, on any prepared table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any

import jax
import jax.numpy as jnp

from lab import losses, models
from lab.data import Source
from lab.data.sources import splittable
from lab.models import MLP
from lab.regularizers import CATALOG, Facts, Regularized, Regularizer
from lab.tasks.task import Initial, Problem, Task
from lab.validation.checks import checked
from lab.validation.errors import require
from lab.validation.kinds import Count, Kind

Splittable = Annotated[
    Source,
    Kind("data that can be split, as lab.data.source gives", lambda v: hasattr(v, "n_features")),
]


@checked
def supervised(
    source: Splittable,
    *,
    widths: Sequence[Count] = (32, 32),
    activation: str = "relu",
    initializer: str = "he_normal",
    normalization: str | None = None,
    dropout: bool = False,
    residual: bool = False,
    regularizers: Sequence[str] = (),
    **of_data: Any,
) -> Task:
    """An MLP on `source`: softmax cross-entropy for classes, squared error for numbers.

    Numbers of the task, each of which may be an axis: `init_scale` (1.0), which multiplies the
    initial weights, with `dropout=True` the `dropout_rate` (0.5), and the strengths of the
    regularizers (0). All other arguments are static options; as an axis those of the model cost a
    program per value, and those of the data none.

    Args:
      source: Data that can be split; `lab.data.load(name)` and `lab.data.from_file` give tables
        for `lab.data.source`.
      widths: Units of each hidden layer.
      activation: A name out of `lab.models.ACTIVATIONS`.
      initializer: A name out of `lab.models.INITIALIZERS`.
      normalization: None, `"batch"` or `"layer"`.
      dropout: Whether hidden units are dropped in training.
      residual: Whether layers of equal width are bridged.
      regularizers: Names out of `lab.regularizers.CATALOG`, each with numbers of its own; they act
        in the training loss only.
      of_data: `train_size`, `folds`, `label_noise` and `scaling` of the source, where they shall
        be other than they are: see `lab.data.source`.

    Raises:
      InputError: If a name is unknown, or the data not fit for it.

    >>> import lab
    >>> task = lab.tasks.supervised(
    ...     lab.data.source(lab.data.load("digits")), regularizers=("l2", "mixup"), train_size=200
    ... )
    >>> dict(task.hypers)
    {'init_scale': 1.0, 'l2': 0.0, 'mixup': 0.0}
    """
    data_options = {name: getattr(source, name) for name in _OF_DATA} | of_data
    unknown = sorted(set(data_options) - set(_OF_DATA))
    require(not unknown, f"{', '.join(unknown)} is no option; of the data there are {_OF_DATA}.")
    source = splittable(replace(source, **data_options)) if of_data else source
    options: dict[str, Any] = {
        "widths": tuple(widths), "activation": activation, "initializer": initializer,
        "normalization": normalization, "dropout": dropout, "residual": residual,
    }  # fmt: skip
    chosen = tuple(CATALOG[name] for name in regularizers)
    strengths = {name: value for one in chosen for name, value in one.strengths}
    return Task(
        name=source.name,
        problem=problem(MLP(outputs=outputs(source), **options), source, chosen),
        source=source,
        hypers={"init_scale": 1.0} | ({"dropout_rate": 0.5} if dropout else {}) | strengths,
        kind=source.kind,
        options=options | {"regularizers": tuple(regularizers)} | data_options,
        variant=partial(_variant, source, options | {"regularizers": tuple(regularizers)}),
    )


def outputs(source: Source) -> int:
    """Units of the output layer: one for each class, or one for a number."""
    return source.n_classes if source.kind == "classification" else 1


def problem(model: Any, source: Source, regularizers: tuple[Regularizer, ...] = ()) -> Problem:
    """Any model with these `outputs`: cross-entropy of classes, squared error of numbers."""
    classes = source.kind == "classification"
    loss = Loss(model, _cross_entropy if classes else _squared_error)
    facts = Facts(source.n_classes, source.image_shape)
    return Problem(
        init=Init(model, source.n_features),
        loss=Regularized(loss, regularizers, facts) if regularizers else loss,
        metrics=Metrics(model, _classification_metrics if classes else _regression_metrics),
        predict=predictions(model, classes),
    )


def predictions(model: Any, classes: bool) -> "Predict":
    """What a model with its outputs says: probabilities of classes, or a number."""
    return Predict(model, jax.nn.softmax if classes else _first)


_OF_DATA = ("train_size", "folds", "label_noise", "scaling")


def _variant(source: Source, options: dict[str, Any], **other: Any) -> Task:
    return supervised(source, **{**options, **other})


@dataclass(frozen=True)
class Init:
    """Parameters of `model` for inputs of `features` columns."""

    model: Any  # a Linen module
    features: int

    def __call__(self, key, hypers) -> Initial:
        """Draw them; scaled by `init_scale`."""
        example = jnp.zeros((1, self.features), jnp.float32)
        return Initial(*models.init(self.model, key, example, hypers))


@dataclass(frozen=True)
class Loss:
    """The weighted mean of a loss over a batch, in training mode."""

    model: Any  # a Linen module
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

    model: Any  # a Linen module
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

    model: Any  # a Linen module
    transform: Callable[[Any], jax.Array]

    def __call__(self, params, model_state, batch, hypers):
        """In inference mode."""
        outputs, _ = models.apply(
            self.model, params, model_state, batch["x"], train=False, hypers=hypers
        )
        return self.transform(outputs)


def _cross_entropy(outputs, targets):
    """Of class numbers [B], or of distributions [B, K]."""
    if targets.ndim == 2:
        return losses.softmax_cross_entropy(outputs, targets)
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
