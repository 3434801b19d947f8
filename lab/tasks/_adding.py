"""The adding problem: two numbers of a long sequence are marked, and their sum is asked for.

The further back the first mark, the longer the way of the gradient: the classic test of whether
a recurrent network's gradient vanishes or explodes.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax.numpy as jnp
import numpy as np

from lab import losses, models
from lab.data.streams import check_seed, generator
from lab.models import Elman
from lab.tasks.own import ArraySource
from lab.tasks.supervised import Loss, Metrics, Predict
from lab.tasks.task import Initial, Problem, Task
from lab.validation.errors import require


def sequences(n: int, length: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Rows of the adding problem: `x` [n, T, 2], `y` [n] and `weight` [n], float32.

    x[..., 0] is uniform on [0, 1], x[..., 1] is 1 at two times (one in the first half, one in the
    second) and 0 elsewhere; y is the sum of the two numbers marked. Always saying 1 has a mean
    squared error of 1/6. Hochreiter and Schmidhuber, 1997, section 5.4, as simplified by Le et
    al., arXiv:1504.00941.

    Args:
      n: Rows.
      length: T, at least 2.
      seed: Of the rows.
    """
    require(n >= 10, f"n must be at least 10 sequences, given {n!r}.")
    require(length >= 2, f"length must be at least 2, given {length!r}.")
    rng = generator(check_seed(seed), "data")
    values = rng.uniform(0, 1, (n, length))
    marks = np.zeros((n, length))
    rows = np.arange(n)
    marks[rows, rng.integers(0, length // 2, n)] = 1
    marks[rows, rng.integers(length // 2, length, n)] = 1
    return {
        "x": np.stack([values, marks], -1).astype(np.float32),
        "y": np.sum(values * marks, -1).astype(np.float32),
        "weight": np.ones(n, np.float32),
    }


def adding(
    length: int = 50,
    n: int = 2000,
    hidden: int = 32,
    activation: str = "tanh",
    initializer: str = "glorot_uniform",
    recurrent_initializer: str = "orthogonal",
    recurrent_scale: float = 1.0,
    data_seed: int = 0,
) -> Task:
    """The adding problem with an Elman network, squared error.

    Args:
      length: T of the sequences.
      n: Rows, a fifth of them for validation.
      hidden: Units of the network.
      activation: A name out of `lab.models.ACTIVATIONS`.
      initializer: A name out of `lab.models.INITIALIZERS`.
      recurrent_initializer: The same for the recurrent kernel.
      recurrent_scale: What the recurrent kernel is multiplied by at the start: with orthogonal
        ones and `"linear"` units the gradient grows by it at each time back.
      data_seed: Of the rows.
    """
    network: dict[str, Any] = {
        "hidden": hidden,
        "activation": activation,
        "initializer": initializer,
        "recurrent_initializer": recurrent_initializer,
        "recurrent_scale": recurrent_scale,
    }
    options = {"length": length, "n": n, "data_seed": data_seed, **network}
    model: Any = Elman(outputs=1, **network)
    return Task(
        name="adding",
        problem=Problem(
            init=Init(model, length),
            loss=Loss(model, _squared_error),
            metrics=Metrics(model, _metrics),
            predict=Predict(model, _first),
        ),
        source=ArraySource("adding", sequences(n, length, data_seed), 0.2),
        hypers={"init_scale": 1.0},
        kind="regression",
        options=options,
        variant=partial(_variant, options),
    )


def _variant(options: dict[str, Any], **other: Any) -> Task:
    return adding(**{**options, **other})


@dataclass(frozen=True)
class Init:
    """Parameters of `model` for sequences of `length` values and marks."""

    model: Elman
    length: int

    def __call__(self, key, hypers) -> Initial:
        """Draw them; scaled by `init_scale`."""
        example = jnp.zeros((1, self.length, 2), jnp.float32)
        return Initial(*models.init(self.model, key, example, hypers))


def _squared_error(outputs, targets):
    return losses.squared_error(outputs[:, 0], targets)


def _metrics(outputs, targets):
    return {"loss": _squared_error(outputs, targets)}


def _first(outputs):
    return outputs[:, 0]


@dataclass(frozen=True)
class AddingEntry:
    """The adding problem by name; `dataset` is what it is drawn from."""

    name: str = "adding"

    def make(self, **options: Any) -> Task:
        """The task; `options` are those of `adding`."""
        return adding(**options)


ENTRIES = (AddingEntry(),)
