"""Should weights decay by a penalty inside Adam, or beside it?

Adam with an L2 penalty against AdamW over a grid of learning rate × decay, equally many trials
each; the best of both (and of no decay) is measured on fresh learning sets and the test split. And
does the right decay stay right when the learning rate is changed, as decoupling promises?
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

import lab
from lab import optimizers, protocol
from lab.study.cli import Flags, Folder, main, opened
from lab.study.once import once
from lab.tasks.task import Task
from studies.weight_decay import report

TASKS = {"digits": 200, "mnist1d": 1000}  # training rows
RATES = 10 ** np.linspace(-3.5, -0.5, 7)
DECAYS = np.r_[0.0, 10 ** np.linspace(-4.0, 1.5, 12)]  # λ: both λw in the gradient and beside it
WIDTH, BATCH, SCHEDULE = 64, 32, "cosine_decay_schedule"
FRESH = 1000  # splits from here on are reported


@dataclass(frozen=True)
class WeightDecay(Flags):
    """Flags of the study of weight decay."""


def run(flags: WeightDecay) -> None:
    """Tune both over the grid, report the best, draw."""
    folder = Folder(flags, "weight_decay")
    if flags.from_ is not None:
        report.draw(opened(flags.from_, "weight_decay"), folder)
        return
    smoke = flags.smoke
    names = list(TASKS)[: 1 if smoke else 2]
    rates, decays = (RATES[4:6], DECAYS[[0, 6, 8]]) if smoke else (RATES, DECAYS)
    told = {
        "smoke": smoke, "tasks": {n: TASKS[n] for n in names}, "width": WIDTH, "batch": BATCH,
        "updates": 20 if smoke else 800, "tuning": 2 if smoke else 4,
        "splits": flags.seeds or (2 if smoke else 20), "seeds": 1 if smoke else 2,
        "rates": rates.tolist(), "decays": decays.tolist(),
    }  # fmt: skip
    parts: dict[str, xr.Dataset] = {}
    for name in names:
        task = lab.tasks.CATALOG[name].make(
            widths=(WIDTH,), regularizers=("l2",), train_size=TASKS[name]
        )
        grid = once(
            folder, f"{name}_grid", told, lambda task=task: tuned(task, told, rates, decays)
        )
        parts[f"{name}_grid"] = grid
        parts[f"{name}_report"] = once(
            folder, f"{name}_report", told, lambda t=task, g=grid: reported(t, told, g)
        )
    report.draw(folder.finish(parts, told), folder)


def on_kernels(params: Any) -> Any:
    """Where weights decay: as the penalty, on leaves with two axes or more."""
    return jax.tree.map(lambda leaf: jnp.ndim(leaf) >= 2, params)


def decoupled(learning_rate: Any, weight_decay: float = 0.0):
    """AdamW on kernels; without decay it is Adam."""
    return optimizers.adamw(learning_rate, weight_decay=weight_decay, mask=on_kernels)


RULE: Any = {"adamw": decoupled}  # of both arms, which are one program
ARMS: dict[str, Callable[[float], dict[str, float]]] = {
    # the penalty is l2 Σw², whose gradient is 2 l2 w
    "Adam with L2": lambda decay: {"l2": decay / 2, "weight_decay": 0.0},
    "AdamW": lambda decay: {"l2": 0.0, "weight_decay": decay},
}


def setting(arm: str, rate: float, decay: float) -> dict[str, float]:
    """Trial of an arm."""
    return {"learning_rate": float(rate)} | ARMS[arm](float(decay))


def _common(told: dict[str, Any]) -> dict[str, Any]:
    return {
        "budget": lab.Budget(updates=told["updates"]),
        "batch_size": BATCH,
        "schedule": SCHEDULE,
        "evaluations": 1,
        "progress": False,
    }


def tuned(task: Task, told: dict[str, Any], rates: np.ndarray, decays: np.ndarray) -> xr.Dataset:
    """Validation loss and error of every cell: (arm, rate, decay, split)."""
    trials = [setting(arm, rate, decay) for arm in ARMS for rate in rates for decay in decays]
    final = lab.sweep(
        task, RULE, trials={"adamw": trials}, axes={"split": list(range(told["tuning"]))},
        seeds=protocol.phase_seeds(protocol.TUNE, 1), **_common(told),
    ).isel(optimizer=0, step=-1, seed=0)  # fmt: skip
    values = {
        metric: final[f"validation_{metric}"].transpose("trial", "split").values.astype(float)
        for metric in ("loss", "accuracy")
    }
    shape = (len(ARMS), len(rates), len(decays), told["tuning"])
    return xr.Dataset(
        {k: (("arm", "rate", "decay", "split"), v.reshape(shape)) for k, v in values.items()},
        {"arm": list(ARMS), "rate": rates, "decay": decays},
    )


def chosen(loss: xr.DataArray) -> tuple[float, float]:
    """Rate and decay of the least mean validation loss of an arm: (rate, decay, split)."""
    mean = loss.mean("split").transpose("rate", "decay")
    i, j = np.unravel_index(np.argmin(mean.values), mean.shape)
    return float(mean.rate[i]), float(mean.decay[j])


def reported(task: Task, told: dict[str, Any], grid: xr.Dataset) -> xr.Dataset:
    """Test loss and accuracy of each arm at its best, and of Adam at its best without decay."""
    splits = list(range(FRESH, FRESH + told["splits"]))
    seeds = protocol.phase_seeds(protocol.REPORT, told["seeds"])
    picked = {"no decay": ("AdamW", chosen(grid.loss.sel(arm="AdamW", decay=[0.0])))}
    picked |= {arm: (arm, chosen(grid.loss.sel(arm=arm))) for arm in ARMS}
    record = protocol.report(
        task, RULE, {"adamw": [setting(arm, *cell) for arm, cell in picked.values()]}, seeds=seeds,
        axes={"split": splits}, **_common(told),
    ).isel(optimizer=0).mean("seed")  # fmt: skip
    cells = np.array([cell for _, cell in picked.values()])
    return xr.Dataset(
        {
            "loss": (("arm", "split"), record.test_loss.transpose("trial", "split").values),
            "accuracy": (("arm", "split"), record.test_accuracy.transpose("trial", "split").values),
            "rate": ("arm", cells[:, 0]),
            "decay": ("arm", cells[:, 1]),
        },
        {"arm": list(picked), "split": splits},
    )


if __name__ == "__main__":
    main(WeightDecay, run)
