"""Depth and widths as numbers of a task: architectures are lanes of one program."""

from functools import partial
from typing import Any

from lab.data import Source
from lab.models import PaddedMLP
from lab.tasks.supervised import outputs, problem
from lab.tasks.task import Task


def architectures(
    source: Source,
    *,
    most_layers: int = 3,
    most_units: int = 64,
    activation: str = "relu",
    initializer: str = "he_normal",
    dropout: bool = False,
) -> Task:
    """As `supervised`, with MLPs of any depth and width up to the largest.

    Numbers of the task, each of which may be an axis or part of a trial: `layers`, from 1 to
    `most_layers`; `units_0`, `units_1`, ..., from 1 to `most_units` (those of layers that are not
    there do nothing); with `dropout=True` `dropout_0`, ...; and `init_scale`. By default the net
    is the largest. Every lane costs what the largest net does, and no compilation of its own. Use
    it with optimizers whose catalogue entry says `padding_safe`.

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
        "most_layers": most_layers, "most_units": most_units, "activation": activation,
        "initializer": initializer, "dropout": dropout,
    }  # fmt: skip
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
    )


def _variant(source: Source, options: dict[str, Any], **other: Any) -> Task:
    return architectures(source, **{**options, **other})
