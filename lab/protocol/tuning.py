"""Tuning: the same number of trials for every optimizer, selection on validation only."""

import itertools
from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

import numpy as np
import xarray as xr

from lab.labelled import holding, labelled_by
from lab.spaces import Float
from lab.validation.checks import checked
from lab.validation.errors import require
from lab.validation.kinds import Count, Share, Whole

# Seeds of the three phases never meet: each phase counts from its own start.
TUNE, CONFIRM, REPORT = 0, 1_000_000, 2_000_000


@checked
def phase_seeds(phase: Whole, count: Count) -> list[int]:
    """The first `count` seeds of `TUNE`, `CONFIRM` or `REPORT`.

    Raises:
      InputError: If `count` is not between 1 and 1,000,000.
    """
    require(count <= CONFIRM, f"count must be at most {CONFIRM:,} in a phase, given {count}.")
    return list(range(phase, phase + count))


@checked
def rate_grid(spaces: Mapping[str, Float], count: Count) -> dict[str, list[dict[str, float]]]:
    """`count` learning rates, evenly spaced over each optimizer's declared space, as trials."""
    return {
        name: [{"learning_rate": rate} for rate in space.levels(count)]
        for name, space in spaces.items()
    }


PerOptimizer = Annotated[xr.DataArray, labelled_by("optimizer")]


class Selection(NamedTuple):
    """The chosen trial of each optimizer, under each schedule where that is an axis."""

    trial: PerOptimizer  # number of the trial
    learning_rate: PerOptimizer
    loss: PerOptimizer  # mean final validation loss over the tuning seeds
    at_edge: PerOptimizer  # whether no trial lies beyond it: its optimum may


Tuning = Annotated[
    xr.Dataset,
    holding(
        "optimizer",
        seed=("seed",),
        learning_rate=("optimizer", "trial"),
        validation_loss=("optimizer", "trial", "seed", "step"),
    ),
]


@checked
def select(tuning: Tuning) -> Selection:
    """The trial with the least mean final validation loss; ties go to the smaller rate.

    A trial that diverges on any seed has an infinite mean. If all trials do, the smallest rate
    stands, with an infinite loss.

    Args:
      tuning: A record with dimensions `optimizer`, `trial`, `seed`, `step` and maybe more axes,
        rates ascending along `trial`.

    Raises:
      InputError: If the record lacks trials or runs, or it holds seeds of another phase.
    """
    require(
        int(tuning.seed.max()) < CONFIRM,
        "selection reads tuning seeds only; this record holds seeds of another phase.",
    )
    rates = tuning.learning_rate
    require(
        bool((rates.diff("trial") > 0).all()) or rates.sizes["trial"] == 1,
        "the learning rates of the trials must ascend.",
    )
    losses = tuning.validation_loss.isel(step=-1).reset_coords(drop=True)
    require(not losses.isnull().any(), "the tuning record lacks runs: some losses are NaN.")
    final = losses.mean("seed")
    trial = final.argmin("trial")  # the first of equals
    chosen = rates.isel(trial=trial)
    edge = (trial == 0) | (trial == tuning.sizes["trial"] - 1)
    return Selection(trial, chosen, final.isel(trial=trial), edge)


SHARES = (0.5, 0.75, 0.9)  # of the budget: an easy target, the usual one, a hard one


@checked
def target_loss(tuning: Tuning, selection: Selection, reference: str, share: Share = 0.75) -> float:
    """A target declared before the report: what the tuned reference reaches on the way.

    The median over tuning seeds (and splits) of its validation loss at `share` of the budget.
    """
    trials = selection.trial
    known = set(tuning.optimizer.values.tolist()) & set(trials.optimizer.values.tolist())
    require(reference in known, f"reference must be one of {sorted(known)}, given {reference!r}.")
    require(
        trials.dtype.kind in "iu" and bool((trials < tuning.sizes["trial"]).all()),
        f"selection.trial must number the {tuning.sizes['trial']} trials of the tuning record.",
    )
    require("examples" in tuning, "the tuning record has no ledger of examples.")
    trial = trials.sel(optimizer=reference, drop=True)
    tuned = tuning.validation_loss.sel(optimizer=reference).isel(trial=trial)
    spent = tuning.examples  # of each optimizer, where an update costs some of them more
    points = (spent.sel(optimizer=reference) if "optimizer" in spent.dims else spent).values
    at = int(np.searchsorted(points, share * points[-1]))
    return float(tuned.isel(step=at).median())


@checked
def chosen_trials(selection: Selection) -> dict[str, list[dict[str, Any]]]:
    """The selected settings as trials of a report: one for each schedule, split, ..."""
    rates = selection.learning_rate
    dims = [str(dim) for dim in rates.dims if dim != "optimizer"]
    labels = [rates[dim].values.tolist() for dim in dims]
    return {
        name: [
            {
                "learning_rate": float(rates.sel(optimizer=name, **dict(zip(dims, cell)))),
                **dict(zip(dims, cell)),
            }
            for cell in itertools.product(*labels)
        ]
        for name in rates.optimizer.values.tolist()
    }
