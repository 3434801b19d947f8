"""What does scaling the features buy: conditioning, usable learning rates, speed?

Tables as they are, shifted and scaled as a whole, min-max scaled and standardized, each fitted on
training rows: condition numbers of the linear problem, and a small network under plain descent and
Adam over eight decades of learning rates.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

import lab
from lab.study.cli import Flags, Folder, main, opened
from lab.study.once import once
from studies.feature_scaling import report

TASKS = ("wine", "breast_cancer", "digits")
SCALINGS = ("none", "whole", "minmax", "standard")
OPTIMIZERS = ("sgd", "adam")
RATES = 10 ** np.linspace(-7.0, 1.0, 17)
WIDTH, BATCH, TARGET = 32, 32, 0.9  # validation accuracy to be reached


@dataclass(frozen=True)
class FeatureScaling(Flags):
    """Flags of the study of feature scaling."""


def run(flags: FeatureScaling) -> None:
    """Measure conditioning, train over all rates, draw."""
    folder = Folder(flags, "feature_scaling")
    if flags.from_ is not None:
        report.draw(opened(flags.from_, "feature_scaling"), folder)
        return
    smoke = flags.smoke
    names = TASKS[: 1 if smoke else 3]
    told = {
        "smoke": smoke, "tasks": list(names), "width": WIDTH, "batch": BATCH, "target": TARGET,
        "splits": flags.seeds or (2 if smoke else 10), "updates": 20 if smoke else 500,
        "rates": (RATES[[8, 12]] if smoke else RATES).tolist(),
        "scalings": list(SCALINGS[::3] if smoke else SCALINGS),
        "optimizers": list(OPTIMIZERS[smoke:]), "evaluations": 4 if smoke else 50,
    }  # fmt: skip
    parts = {}
    for name in names:
        parts[f"{name}_condition"] = once(
            folder, f"{name}_condition", told, lambda n=name: conditions(n, told)
        )
        parts[f"{name}_runs"] = once(folder, f"{name}_runs", told, lambda n=name: runs(n, told))
    report.draw(folder.finish(parts, told), folder)


def conditions(name: str, told: dict[str, Any]) -> xr.Dataset:
    """Extreme eigenvalues of the mean of x̃x̃ᵀ over training rows, x̃ with a 1 for the bias.

    The Hessian of squared error in a linear model, and of softmax regression at its start up to
    1 / K: (scaling, split).
    """
    table = lab.data.load(name)
    low, high = [], []
    for scaling in told["scalings"]:
        ends = [
            extremes(prepared.rows["x"][prepared.train])
            for split in range(told["splits"])
            for prepared in [lab.data.source(table, scaling=scaling).prepare(split)]
        ]
        low.append([a for a, _ in ends])
        high.append([b for _, b in ends])
    dims = ("scaling", "split")
    return xr.Dataset(
        {"least": (dims, np.array(low)), "largest": (dims, np.array(high))},
        {"scaling": told["scalings"]},
    )


def extremes(x: np.ndarray) -> tuple[float, float]:
    """Least and largest eigenvalue: [N, D].

    Directions in which rows do not differ, to the precision of float32, are left out: nothing is
    learnt there, whatever the scaling.
    """
    design = np.c_[x, np.ones(len(x))].astype(np.float64)
    singular = np.linalg.svd(design, compute_uv=False)
    singular = singular[singular > singular[0] * np.finfo(np.float32).eps]
    return float(singular[-1] ** 2 / len(x)), float(singular[0] ** 2 / len(x))


def runs(name: str, told: dict[str, Any]) -> xr.Dataset:
    """Validation accuracy on the way: (optimizer, scaling, rate, split, step)."""
    task = lab.tasks.CATALOG[name].make(widths=(WIDTH,))
    record = lab.sweep(
        task, told["optimizers"],
        axes={"scaling": told["scalings"], "learning_rate": told["rates"],
              "split": list(range(told["splits"]))},
        seeds=1, budget=lab.Budget(updates=told["updates"]), batch_size=BATCH,
        evaluations=told["evaluations"], progress=False,
    )  # fmt: skip
    accuracy = record.validation_accuracy.isel(seed=0).reset_coords(drop=True)
    accuracy = accuracy.rename(learning_rate="rate").transpose(
        "optimizer", "scaling", "rate", "split", "step"
    )
    # infinite where a run diverged: it knows nothing
    accuracy = accuracy.where(np.isfinite(accuracy), 0.0).astype(np.float32)
    steps = np.linspace(0, told["updates"], told["evaluations"] + 1).astype(int)
    return xr.Dataset({"accuracy": accuracy}).assign_coords(updates=("step", steps))


if __name__ == "__main__":
    main(FeatureScaling, run)
