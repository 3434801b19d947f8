"""What records must have in common before their numbers stand side by side."""

from typing import Annotated, Any

import numpy as np
import xarray as xr

from lab.labelled import holding
from lab.protocol.comparison import Comparison
from lab.protocol.tuning import CONFIRM, REPORT
from lab.records import manifest
from lab.validation.checks import checked
from lab.validation.errors import require


@checked
def comparable(*records: xr.Dataset) -> None:
    """Refuse records of different declared budgets, and any lane that did not keep to its own.

    For a verdict or a figure that shows several records together.

    Args:
      *records: From `lab.sweep`, each with its manifest and its ledger.

    Raises:
      InputError: If currencies or amounts differ, or a lane spent other than what was declared up
        to less than an update.
    """
    _check_alike({f"records[{place}]": record for place, record in enumerate(records)})


Seeded = Annotated[xr.Dataset, holding(seed=("seed",))]


@checked
def check_fair(comparison: Comparison, tuning: Seeded, audited: Seeded) -> None:
    """Refuse what the shapes of two records do not show: test rows, seeds, budgets.

    A record without a manifest was simulated, and has no budget to be held against it.

    Raises:
      InputError: Says which rule of the comparison is broken.
    """
    opened = sorted(str(name) for name in tuning.data_vars if str(name).startswith("test_"))
    require(
        not opened, f"the tuning record holds {opened}: nothing measured on test rows may select."
    )
    require(
        int(tuning.seed.max()) < CONFIRM and int(audited.seed.min()) >= REPORT,
        f"tuning takes seeds below {CONFIRM} and a report seeds from {REPORT} on, given up to "
        f"{int(tuning.seed.max())} and from {int(audited.seed.min())} on.",
    )
    seeds = [tuning.sizes["seed"], audited.sizes["seed"]]
    require(
        seeds[0] >= comparison.tune_seeds
        and seeds[1] >= (comparison.audit_seeds or comparison.report_seeds),
        f"declared are {comparison.tune_seeds} tuning and {comparison.report_seeds} report seeds, "
        f"the records hold {seeds[0]} and {seeds[1]}: a run that diverged is a result, not a gap.",
    )
    given = {"tuning": tuning, "audited": audited}
    made = {name: record for name, record in given.items() if "manifest" in record.attrs}
    _check_alike(made)
    declared = (comparison.budget.currency, comparison.budget.amount)
    for record in made.values():
        require(
            _budget(record) == declared,
            f"the comparison declares {comparison.budget}, a record was made with "
            f"{_budget(record)[1]:g} {_budget(record)[0]}.",
        )


def _check_alike(records: dict[str, xr.Dataset]) -> None:
    budgets = {name: _budget(record) for name, record in records.items()}
    said = sorted({f"{amount:g} {currency}" for currency, amount in budgets.values()})
    require(
        len(said) <= 1,
        f"records of different budgets cannot be compared, given {' and '.join(said)}.",
    )
    for name, record in records.items():
        _check_ledger(name, record, *budgets[name])


def _budget(record: xr.Dataset) -> tuple[str, float]:
    told: dict[str, Any] = manifest(record)["configuration"].get("budget", {})
    require(len(told) == 1, "the record does not say which budget it was made with.")
    ((currency, amount),) = told.items()
    return currency, amount


def _check_ledger(name: str, record: xr.Dataset, currency: str, amount: float) -> None:
    """0 ≤ declared − executed < an update, in every lane that did not stop early."""
    unit = "examples" if currency == "epochs" else currency
    require(
        unit in record.coords and "unspent" in record.coords,
        f"{name} must have a ledger of {unit}, as lab.sweep makes it.",
    )
    last = record.isel(step=-1)
    spent, left = last[unit], record.unspent
    whole = (spent + left).values
    early = record.stopped_early_at >= 0 if "stopped_early_at" in record else False
    declared = whole.flat[0] if currency == "epochs" else amount
    require(
        bool((left >= 0).all() and ((left < spent / last.updates) | early).all())
        and np.allclose(whole, declared, rtol=1e-9, atol=0),
        f"{name} has lanes that did not spend the declared {amount:g} {currency}: executed and "
        f"left over add up to between {whole.min():g} and {whole.max():g} {unit}.",
    )
