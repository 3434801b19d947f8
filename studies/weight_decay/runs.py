"""The runs of the study of weight decay: two rules over rate × decay, and the best of each."""

from dataclasses import dataclass
from typing import Annotated, Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

import lab
from lab import optimizers, protocol
from lab.study import Parts, Settings, flags
from lab.study.replicates import nested
from lab.tasks.task import Task

NONE, L2, ADAMW = "no decay", "Adam with L2", "AdamW"
ARMS = (L2, ADAMW)
FRESH = 1000  # splits from here on are reported


@dataclass(frozen=True)
class WeightDecay(Settings):
    """Of the study of weight decay."""

    seeds: Annotated[int, flags.whole(2, 100_000)] = 20
    """Fresh splits, each with a learning set of its own, on which the best are reported."""
    runs: int = 2  # on each of them, whose mean counts
    tuning: int = 4  # splits that choose
    updates: int = 800
    width: int = 64
    batch: int = 32
    tasks: tuple[tuple[str, int], ...] = (("digits", 200), ("mnist1d", 1000))  # training rows
    rates: tuple[float, ...] = tuple((10 ** np.linspace(-3.5, -0.5, 7)).tolist())
    # λ: both λw in the gradient and beside it
    decays: tuple[float, ...] = (0.0, *(10 ** np.linspace(-4.0, 1.5, 12)).tolist())


def parts(s: WeightDecay) -> Parts:
    """Of each task: the grid, and what was best on it."""
    for name, rows in s.tasks:
        make = lab.tasks.CATALOG[name].make
        task = make(widths=(s.width,), regularizers=("l2",), train_size=rows)
        grid = yield f"{name}_grid", lambda _, task=task: tuned(s, task)
        yield f"{name}_report", lambda _, task=task, grid=grid: reported(s, task, grid)


def on_kernels(params: Any) -> Any:
    """Where weights decay: as the penalty, on leaves with two axes or more."""
    return jax.tree.map(lambda leaf: jnp.ndim(leaf) >= 2, params)


def decoupled(learning_rate: Any, weight_decay: float = 0.0):
    """AdamW on kernels; without decay it is Adam."""
    return optimizers.adamw(learning_rate, weight_decay=weight_decay, mask=on_kernels)


RULE: Any = {"adamw": decoupled}  # of both arms, which are one program


def setting(arm: str, rate: float, decay: float) -> dict[str, float]:
    """Trial of an arm; the penalty is l2 Σw², whose gradient is 2 l2 w."""
    l2, beside = (decay / 2, 0.0) if arm == L2 else (0.0, decay)
    return {"learning_rate": rate, "l2": l2, "weight_decay": beside}


def common(s: WeightDecay) -> dict[str, Any]:
    """Arguments of all sweeps."""
    return {
        "budget": lab.Budget(updates=s.updates),
        "batch_size": s.batch,
        "evaluations": 1,
        "schedule": "cosine_decay_schedule",
        "progress": False,
    }


def tuned(s: WeightDecay, task: Task) -> xr.Dataset:
    """Validation loss of every cell: (arm, rate, decay, split)."""
    cells = [setting(arm, rate, decay) for arm in ARMS for rate in s.rates for decay in s.decays]
    splits = s.numbers(s.tuning)
    trials = [one for cell in cells for one in nested(splits, 1, protocol.TUNE, **cell)]
    loss = lab.sweep(task, RULE, trials={"adamw": trials}, **common(s)).validation_loss[0, :, -1]
    shape = (len(ARMS), len(s.rates), len(s.decays), s.tuning)
    return xr.Dataset(
        {"loss": (("arm", "rate", "decay", "split"), loss.values.astype(float).reshape(shape))},
        {"arm": list(ARMS), "rate": list(s.rates), "decay": list(s.decays)},
    )


def chosen(loss: xr.DataArray) -> tuple[float, float]:
    """Rate and decay of the least mean validation loss of an arm: (rate, decay, split)."""
    mean = loss.mean("split").transpose("rate", "decay")
    i, j = np.unravel_index(np.argmin(mean.values), mean.shape)
    return float(mean.rate[i]), float(mean.decay[j])


def reported(s: WeightDecay, task: Task, grid: xr.Dataset) -> xr.Dataset:
    """Test loss and accuracy of each arm at its best, and of Adam at its best without decay."""
    picked = {NONE: chosen(grid.loss.sel(arm=ADAMW, decay=[0.0]))}
    picked |= {arm: chosen(grid.loss.sel(arm=arm)) for arm in ARMS}
    splits = s.numbers(s.seeds, FRESH)
    trials = [
        one
        for arm, cell in picked.items()
        for one in nested(splits, s.runs, protocol.REPORT, **setting(arm, *cell))
    ]
    record = protocol.report(task, RULE, {"adamw": trials}, **common(s))
    shape = (len(picked), s.seeds, s.runs)
    found = {k: record[f"test_{k}"].values.reshape(shape).mean(-1) for k in ("loss", "accuracy")}
    rates, decays = np.array([*picked.values()]).T
    return xr.Dataset(
        {k: (("arm", "split"), v) for k, v in found.items()}
        | {"rate": ("arm", rates), "decay": ("arm", decays)},
        {"arm": [*picked], "split": splits},
    )
