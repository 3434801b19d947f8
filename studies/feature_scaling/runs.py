"""The runs of the study of feature scaling: eigenvalues of linear problems, and networks."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import xarray as xr

import lab
from lab.study import Parts, Settings, flags
from lab.study.replicates import nested


@dataclass(frozen=True)
class FeatureScaling(Settings):
    """Of the study of feature scaling."""

    seeds: Annotated[int, flags.whole(2, 100_000)] = 10
    """Splits, on each of which every network is trained once; the unit of every interval."""
    updates: int = 500
    evaluations: int = 50
    target: float = 0.9  # validation accuracy to be reached
    width: int = 32
    batch: int = 32
    tasks: tuple[str, ...] = ("wine", "breast_cancer", "digits")
    scalings: tuple[str, ...] = ("none", "whole", "minmax", "standard")
    optimizers: tuple[str, ...] = ("sgd", "adam")
    rates: tuple[float, ...] = tuple((10 ** np.linspace(-7.0, 1.0, 17)).tolist())


def parts(s: FeatureScaling) -> Parts:
    """Of each table: conditioning, and accuracy over all rates."""
    for name in s.tasks:
        yield f"{name}_condition", lambda _, name=name: conditions(s, name)
        yield f"{name}_runs", lambda _, name=name: runs(s, name)


def conditions(s: FeatureScaling, name: str) -> xr.Dataset:
    """Extreme eigenvalues of the mean of x̃x̃ᵀ over training rows, x̃ with a 1 for the bias.

    The Hessian of squared error in a linear model, and of softmax regression at its start up to
    1 / K: (scaling, split).
    """
    sources = [lab.data.source(lab.data.load(name), scaling=scaling) for scaling in s.scalings]
    ends = [
        [extremes(one.rows["x"][one.train]) for one in map(source.prepare, s.numbers(s.seeds))]
        for source in sources
    ]
    low, high = np.moveaxis(np.array(ends), -1, 0)
    dims = ("scaling", "split")
    return xr.Dataset({"least": (dims, low), "largest": (dims, high)}, {"scaling": [*s.scalings]})


def extremes(x: np.ndarray) -> tuple[float, float]:
    """Least and largest eigenvalue: [N, D].

    Directions in which rows do not differ, to the precision of float32, are left out: nothing is
    learnt there, whatever the scaling.
    """
    design = np.c_[x, np.ones(len(x))].astype(np.float64)
    singular = np.linalg.svd(design, compute_uv=False)
    singular = singular[singular > singular[0] * np.finfo(np.float32).eps]
    return float(singular[-1] ** 2 / len(x)), float(singular[0] ** 2 / len(x))


def runs(s: FeatureScaling, name: str) -> xr.Dataset:
    """Validation accuracy on the way: (optimizer, scaling, rate, split, step)."""
    splits = nested(s.numbers(s.seeds), 1)
    accuracy = lab.sweep(
        lab.tasks.CATALOG[name].make(widths=(s.width,)), s.optimizers,
        trials=dict.fromkeys(s.optimizers, splits),
        axes={"scaling": s.scalings, "learning_rate": s.rates},
        budget=lab.Budget(updates=s.updates), batch_size=s.batch, evaluations=s.evaluations,
        progress=False,
    ).validation_accuracy.reset_coords(drop=True).drop_vars("trial")  # fmt: skip
    accuracy = accuracy.rename(learning_rate="rate", trial="split").transpose(
        "optimizer", "scaling", "rate", "split", "step"
    )
    # infinite where a run diverged: it knows nothing
    accuracy = accuracy.where(np.isfinite(accuracy), 0.0).astype(np.float32)
    steps = np.linspace(0, s.updates, s.evaluations + 1).astype(int)
    return xr.Dataset({"accuracy": accuracy}).assign_coords(updates=("step", steps))
