"""The regularizers that are compared: what each switches on, and its numbers at a strength."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import optax

import lab
from lab import optimizers
from lab.data import Source
from lab.regularizers import CATALOG, Facts
from lab.tasks.task import Task

FREE = 1e6  # a bound on norms that binds nothing


def on_kernels(params: Any) -> Any:
    """Leaves with two axes or more: biases are free."""
    return jax.tree.map(lambda leaf: jnp.ndim(leaf) >= 2, params)


def adam(
    learning_rate: Any, decay: float = 0.0, l1_step: float = 0.0, bound: float = FREE
) -> optax.GradientTransformation:
    """Adam with decoupled decay, then the proximal map of L1, then the bound on norms.

    At the defaults it is Adam: one rule for every row of the table.
    """
    return optax.chain(
        optimizers.adamw(learning_rate, weight_decay=decay, mask=on_kernels),
        optax.masked(optimizers.proximal_l1(l1_step, learning_rate), on_kernels),
        optimizers.max_norm(bound),
    )


@dataclass(frozen=True)
class Remedy:
    """One regularizer, or another remedy.

    Attributes:
      at: Numbers of task and rule at a strength; at 0 they do nothing.
      strengths: Tried ones, ascending; a single one where there is nothing to tune but the rate.
      regularizers: Names out of `lab.regularizers.CATALOG`.
      options: Of `lab.tasks.supervised`.
      traced: Whether strength 0 switches it off.
    """

    at: Callable[[float], dict[str, float]]
    strengths: tuple[float, ...]
    regularizers: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    traced: bool = True


def _named(name: str) -> Callable[[float], dict[str, float]]:
    return lambda strength: {name: strength}


REMEDIES: dict[str, Remedy] = {
    "L1": Remedy(_named("l1"), (5e-5, 3e-4, 1.5e-3, 8e-3), ("l1",)),
    "L1, proximal": Remedy(_named("l1_step"), (1e-2, 5e-2, 0.15, 0.5)),
    "L2": Remedy(_named("l2"), (3e-4, 1e-3, 4e-3, 2e-2), ("l2",)),
    "elastic net": Remedy(
        lambda s: {"l1": s / 2, "l2": s}, (5e-5, 3e-4, 1.2e-3, 6e-3), ("l1", "l2")
    ),
    "decoupled decay": Remedy(_named("decay"), (0.1, 0.3, 1.0, 3.0)),
    "max-norm": Remedy(lambda s: {"bound": 1 / s if s else FREE}, (0.25, 0.6, 1.0, 2.0)),
    "dropout": Remedy(_named("dropout_rate"), (0.1, 0.3, 0.5, 0.7), options={"dropout": True}),
    "batch norm": Remedy(lambda s: {}, (1.0,), options={"normalization": "batch"}, traced=False),
    "label smoothing": Remedy(
        _named("label_smoothing"), (0.003, 0.015, 0.1, 0.4), ("label_smoothing",)
    ),
    "input noise": Remedy(_named("input_noise"), (0.2, 0.4, 0.7, 1.2), ("input_noise",)),
    "weight noise": Remedy(_named("weight_noise"), (0.01, 0.05, 0.15, 0.4), ("weight_noise",)),
    "mixup": Remedy(_named("mixup"), (0.002, 0.02, 0.5, 10.0), ("mixup",)),
    "augmentation": Remedy(
        lambda s: {"rotation": 15 * s, "translation": s, "zoom": 0.15 * s, "shear": 0.15 * s},
        (0.25, 0.5, 1.0, 2.0),
        ("augmentation",),
    ),
    "early stopping": Remedy(lambda s: {}, (1 / 16, 1 / 8, 1 / 4, 1 / 2), traced=False),
}
TOGETHER = (
    "L1", "L2", "decoupled decay", "max-norm", "dropout", "batch norm", "label smoothing",
    "input noise", "weight noise", "mixup", "augmentation",
)  # fmt: skip  # the elastic net is L1 and L2, and one map for L1 is enough


def fitting(source: Source) -> list[str]:
    """Names of the remedies that the data is fit for."""
    facts = Facts(source.n_classes, source.image_shape)
    return [
        name
        for name, remedy in REMEDIES.items()
        if not any(CATALOG[one].unfit(facts) for one in remedy.regularizers)
    ]


def task(source: Source, names: Sequence[str], width: int) -> Task:
    """One hidden layer with everything switched on that `names` need."""
    used = {one for name in names for one in REMEDIES[name].regularizers}
    options = {k: v for name in names for k, v in REMEDIES[name].options.items()}
    return lab.tasks.supervised(
        source, widths=(width,), regularizers=tuple(n for n in CATALOG if n in used), **options
    )


def numbers(strengths: dict[str, float]) -> dict[str, float]:
    """The numbers of several remedies; what two of them set is added up."""
    told: dict[str, float] = {}
    for name, strength in strengths.items():
        for key, value in REMEDIES[name].at(strength).items():
            told[key] = told.get(key, 0.0) + value
    return told
