"""What averages remember, how they start, and how closely they follow."""

from collections.abc import Iterator

import numpy as np
import xarray as xr

from lab.statistics import mean_interval, paired_difference
from lab.statistics.averages import ema_weights
from lab.study import Claim, Record, Table, fact
from studies.moving_average.runs import MovingAverage

WITHIN = 0.1  # of the signal: how far the first average may lie from it


def claims(record: Record[MovingAverage]) -> Iterator[Claim]:
    """Of the page."""
    s, found = record.settings, record["averages"]
    wrong = float(found.expansion_error)
    yield fact(
        "expanded_sum",
        "The recursion is the expanded sum Σ (1 − β)βᵏ θ_(t−k)",
        wrong < 1e-9,
        f"largest difference {wrong:.1e}",
    )
    memory, ten = 1 / (1 - s.beta), float(ema_weights(s.beta, 10).sum())
    inside = 1 - s.beta**memory
    yield fact(
        "memory",
        f"An average with β = {s.beta:g} remembers the last 1/(1 − β) = {memory:.3g} values",
        inside >= 0.95,
        where="as a window",
        says=f"it is a time constant: they carry {inside:.0%} of the weight; 95 % takes {s.reach}",
    )
    yield fact(
        "ten_weights",
        "Ten weights reach the 95 % line",
        ten >= 0.95,
        f"at β = {s.beta:g} they sum to {ten:.3f}",
        where="printed for β = 0.8",
    )
    first, truth = found.average.isel(t=0), float(found.signal[0])
    yield Claim(
        "correction", "Bias correction repairs the start",
        mean_interval(first.sel(kind="corrected").values), s.seeds, "seeds",
        low=(1 - WITHIN) * truth, high=(1 + WITHIN) * truth, digits=".2f",
        says=f"the first average is {float(first.sel(kind='plain').mean()):.2f} without and {{}} "
        f"with it, for a signal of {truth:.2f} (within {WITHIN:.0%} of it would hold)",
    )  # fmt: skip
    late = _error(found.isel(t=slice(s.late, None)))
    (_, corrected, simple), (_, corrected95, simple95) = delays(found, 0.5), delays(found, 0.95)
    yield Claim(
        "follows_better", "The exponential average follows better than a simple one",
        paired_difference(late.sel(kind="corrected").values, late.sel(kind="simple").values),
        s.seeds, "seeds", high=0, digits="+.4f", where="at equal noise",
        says=f"RMS error beyond t = {s.late} differs by {{}}; it passes half of a step after "
        f"{corrected} observations against {simple}, but 95 % after {corrected95} against "
        f"{simple95}",
    )  # fmt: skip


def delays(found: xr.Dataset, share: float) -> np.ndarray:
    """Observations after which each average has passed a share of the step."""
    response = found.step_response.isel(t=slice(found.sizes["t"] // 2, None))
    return (response >= share).argmax("t").values + 1


def tables(record: Record[MovingAverage]) -> dict[str, Table]:
    """Errors and delays of the three averages."""
    s, found = record.settings, record["averages"]
    numbers = (_error(found), found.average.isel(t=0) - found.signal.isel(t=0))
    cells = []
    for values in numbers:
        mean, low, _ = mean_interval(values.transpose("kind", "seed").values)
        cells.append([f"{m:.3f} ± {half:.3f}" for m, half in zip(mean, mean - low)])
    after = [delays(found, share).astype(str) for share in (0.5, 0.95)]
    header = ["average", "RMS error", "first value off by", "half of a step after", "95 % after"]
    rows = [[*map(str, row)] for row in zip(found.kind.values, *cells, *after)]
    note = f"β = {s.beta:g}, window {s.window}; mean over {s.seeds} seeds ± 95 % t interval."
    return {"table": Table(header, rows, note)}


def _error(found: xr.Dataset) -> xr.DataArray:
    return np.sqrt(((found.average - found.signal) ** 2).mean("t"))
