"""Depth and widths as numbers of a task: architectures are lanes of one program."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import jax.numpy as jnp

from lab.data import Source
from lab.models import MLP, PaddedMLP
from lab.tasks.supervised import Splittable, outputs, problem
from lab.tasks.task import Task
from lab.validation.checks import checked
from lab.validation.kinds import Count


@checked
def architectures(
    source: Splittable,
    *,
    most_layers: Count = 3,
    most_units: Count = 64,
    activation: str = "relu",
    initializer: str = "he_normal",
    dropout: bool = False,
) -> Task:
    """As `supervised`, with MLPs of any depth and width up to the largest.

    Numbers of the task, each of which may be an axis or part of a trial: `layers`, from 1 to
    `most_layers`; `units_0`, `units_1`, ..., from 1 to `most_units` (those of layers that are not
    there do nothing); with `dropout=True` `dropout_0`, ...; and `init_scale`. By default the net
    is the largest. Every lane costs what the largest net does, and no compilation of its own. It
    is for optimizers whose catalogue entry says `padding_safe`; `lab.search.Lanes` trains others on
    the net of each trial alone, which compiles.

    Args:
      source: Data that can be split.
      most_layers: Hidden layers of the largest net.
      most_units: Units of its hidden layers.
      activation: A name out of `lab.models.ACTIVATIONS`.
      initializer: A name out of `lab.models.INITIALIZERS`, one that is scaled by fans.
      dropout: Whether hidden units are dropped in training.

    >>> import lab
    >>> source = lab.data.source(lab.data.load("iris"))
    >>> task = lab.tasks.architectures(source, most_layers=2, most_units=16)
    >>> dict(task.hypers)
    {'init_scale': 1.0, 'layers': 2.0, 'units_0': 16.0, 'units_1': 16.0}
    """
    options: dict[str, Any] = {
        "most_layers": most_layers,
        "most_units": most_units,
        "activation": activation,
        "initializer": initializer,
        "dropout": dropout,
    }
    model = PaddedMLP(outputs=outputs(source), **options)
    each = range(most_layers)
    return Task(
        name=source.name,
        problem=problem(model, source),
        source=source,
        hypers={"init_scale": 1.0, "layers": float(most_layers)}
        | {f"units_{i}": float(most_units) for i in each}
        | ({f"dropout_{i}": 0.5 for i in each} if dropout else {}),
        kind=source.kind,
        options=options,
        variant=partial(_variant, source, options),
        unpadded=partial(_unpadded, source, options),
    )


def _unpadded(
    source: Source, options: dict[str, Any], numbers: Mapping[str, float], **other: Any
) -> Task:
    options = {**options, **other}
    padded = architectures(source, **options)
    sizes = {**padded.hypers, **numbers}
    layers = int(sizes["layers"])
    words = {name: options[name] for name in ("activation", "initializer", "dropout")}
    model = MLP(tuple(int(sizes[f"units_{i}"]) for i in range(layers)), outputs(source), **words)
    alone = problem(model, source)
    if options["dropout"]:
        alone = replace(alone, loss=WithRates(alone.loss, layers))
    again = partial(_unpadded, source, options, numbers)
    return replace(padded, problem=alone, variant=again, unpadded=None)


@dataclass(frozen=True)
class WithRates:
    """A loss whose net takes the dropout rates of its layers as one argument."""

    loss: Any
    layers: int

    def __call__(self, params, model_state, batch, key, hypers):
        """As `loss`."""
        rates = jnp.stack([jnp.asarray(hypers[f"dropout_{i}"]) for i in range(self.layers)])
        return self.loss(params, model_state, batch, key, {**hypers, "dropout_rate": rates})


def _variant(source: Source, options: dict[str, Any], **other: Any) -> Task:
    return architectures(source, **{**options, **other})
