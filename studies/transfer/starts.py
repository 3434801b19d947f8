"""Where a net for new digits may start: drawn anew, or from layers trained on other digits."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import xarray as xr

import lab
from lab import models, optimizers
from lab.data import Table
from lab.models import MLP
from lab.tasks.task import Initial, Task

OLD, NEW = range(5), range(5, 10)  # digits
WIDTHS = (64, 32)  # the code of the autoencoder is smaller than its 64 inputs
LAYERS = ("hidden_00", "hidden_01")  # what is handed on; the head never is
STARTS = ("nothing", "labels", "autoencoder")  # numbers of the hyper-parameter `start`


def digits(classes: range) -> Table:
    """Rows of these digits; pixels from −1 to 1, by a rule that looks at no row."""
    whole = lab.data.load("digits")
    mine = np.isin(whole.targets, classes)
    names = tuple(whole.class_names[k] for k in classes)
    return replace(
        whole,
        name=f"digits {classes[0]} to {classes[-1]}",
        features=whole.features[mine] / 8 - 1,
        targets=whole.targets[mine] - classes[0],
        class_names=names,
    )


def old_with_labels() -> Task:
    """The digits that are there in plenty, told apart."""
    source = lab.data.source(digits(OLD), fractions=(0.8, 0.1, 0.1), scaling="none")
    return lab.tasks.supervised(source, widths=WIDTHS)


def old_without_labels() -> Task:
    """The same digits, put through a narrow layer and restored: an autoencoder.

    Its first two layers are those of the nets for classes.
    """
    x = digits(OLD).features.astype(np.float32)
    model = MLP(widths=(*WIDTHS, WIDTHS[0]), outputs=x.shape[1])

    def restored(params, batch):
        return models.apply(model, params, {}, batch["x"], train=True)[0]

    return lab.tasks.own(
        init=lambda key, hypers: models.init(model, key, x[:1], hypers)[0],
        loss=lambda params, batch: jnp.mean((restored(params, batch) - batch["x"]) ** 2),
        data={"x": x},
        validation=0.1,
        name="autoencoder",
    )


def pretrained(task: Task, settings: dict[str, Any]) -> list[dict[str, Any]]:
    """Layers of a net for each split, from its checkpoint of least validation loss."""
    with tempfile.TemporaryDirectory() as folder:
        lab.sweep(task, ["adam"], export=lab.Export(folder), **settings)
        best = [lab.load_model(path) for path in Path(folder).glob("*.best.npz")]
    best.sort(key=lambda model: model.about["lane"]["split"])
    return [{layer: model.params[layer]["dense"] for layer in LAYERS} for model in best]


def arrays(found: list[list[dict[str, Any]]]) -> xr.Dataset:
    """Bodies of each pre-trained start as arrays (start, body, ...)."""
    columns = {}
    for layer in LAYERS:
        for name in ("kernel", "bias"):
            array = np.array([[body[layer][name] for body in each] for each in found])
            label = f"{layer}_{name}"
            own = [f"{label}_{i}" for i in range(array.ndim - 2)]
            columns[label] = (("start", "body", *own), array)
    return xr.Dataset(columns, {"start": list(STARTS[1:])})


@dataclass(frozen=True, eq=False)
class Started:
    """Draws parameters as `init` does, and puts pre-trained layers in their place.

    Attributes:
      init: Of a task of `lab.tasks.supervised`.
      bodies: By layer, kernel and bias: [starts − 1, bodies, ...].
    """

    init: Any
    bodies: Mapping[str, Mapping[str, np.ndarray]]

    def __call__(self, key, hypers) -> Initial:
        """`start` is 0 for parameters as drawn, else the number of a start; `body` of a net."""
        drawn = self.init(key, hypers)
        start, body = (jnp.asarray(hypers[name]).astype(jnp.int32) for name in ("start", "body"))

        def chosen(bodies_SN, leaf):
            handed_on = jnp.asarray(bodies_SN)[jnp.maximum(start - 1, 0), body]
            return jnp.where(start == 0, leaf, handed_on)

        layers = {
            layer: {"dense": jax.tree.map(chosen, dict(arrays), drawn.params[layer]["dense"])}
            for layer, arrays in self.bodies.items()
        }
        return Initial({**drawn.params, **layers}, drawn.model_state)


def new_digits(found: xr.Dataset, per_class: Sequence[int]) -> dict[int, Task]:
    """The task of the new digits by number of examples: one problem, so one program."""
    layers = {
        layer: {name: found[f"{layer}_{name}"].values for name in ("kernel", "bias")}
        for layer in LAYERS
    }
    source = lab.data.source(digits(NEW), fractions=(0.4, 0.2, 0.4), scaling="none")
    task = lab.tasks.supervised(source, widths=WIDTHS)
    problem = replace(task.problem, init=Started(task.problem.init, layers))
    hypers = {**task.hypers, "start": 0.0, "body": 0.0}
    task = replace(task, problem=problem, hypers=hypers, variant=None)
    return {n: replace(task, source=replace(source, train_size=n * len(NEW))) for n in per_class}


def layered_adam(learning_rate: Any, slower: float = 1.0) -> optax.GradientTransformation:
    """Adam whose rate is multiplied by `slower` for every layer below the head.

    At 1 it is Adam, at 0 the body is frozen: three ways of transfer are one number.
    """

    def factors(params: Any) -> dict[str, Any]:
        depth = reversed(range(len(params)))
        return {name: slower**down if down else 1.0 for name, down in zip(sorted(params), depth)}

    return optax.chain(optimizers.adam(learning_rate), optimizers.scale_layers(factors))
