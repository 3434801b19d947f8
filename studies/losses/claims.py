"""Claims about lines fitted through outliers, from their distances to the true line."""

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from lab import losses
from lab.statistics import mean_interval, paired_difference
from lab.statistics.intervals import Interval
from lab.study import Claim, Record, Table, span
from studies.losses.runs import Losses

WORSE = 0.01  # of the noise: a distance that is greater by less is no worse


def claims(record: Record[Losses]) -> Iterator[Claim]:
    """Of the page."""
    distance, noise = record["lines"].distance, record.settings.noise
    over: dict[str, Any] = {"n": record.settings.seeds, "unit": "data sets", "digits": "+.3f"}
    huber, mae, best = (
        difference(distance, *pair) for pair in (("Huber", "MSE"), ("MAE", "MSE"), ("Huber", "MAE"))
    )
    shares = distance.share.values
    dirty = np.flatnonzero(shares > 0)
    off = ", ".join(
        f"{name} by {_with_interval(distance.sel(loss=name)[dirty[0]].values)}"
        for name in ("MSE", "Huber", "MAE")
    )
    yield Claim(
        "outliers_pull_mse",
        "Outliers pull MSE more than MAE and Huber",
        Interval(*(np.r_[a[dirty], b[dirty]] for a, b in zip(mae, huber))),
        high=0,
        says=f"at {shares[-1]:.0%} outliers MAE − MSE {span(_one(mae, -1), '+.3f')}, Huber − MSE "
        f"{span(_one(huber, -1), '+.3f')}; at {shares[dirty[0]]:.0%} the lines are off: {off}",
        where="at every share of outliers",
        **over,
    )
    for name, gaps in (("MAE", mae), ("Huber", huber)):
        yield Claim(
            f"mse_is_best_without_outliers_{name}", "Without outliers MSE is the most accurate",
            _one(gaps, 0), low=0, where=f"against {name}", says=f"{name} − MSE {{}}", **over,
        )  # fmt: skip
    for i, share in enumerate(shares):
        yield Claim(
            f"huber_at_{round(100 * share)}",
            f"Huber is never worse than MAE ({WORSE * noise:g} allowed, {WORSE:.0%} of σ)",
            _one(best, i),
            high=WORSE * noise,
            where=f"{share:.0%} outliers",
            says="Huber − MAE {}",
            **over,
        )


def tables(record: Record[Losses]) -> dict[str, Table]:
    """Distances by share of outliers, and printed examples."""
    lines = record["lines"]
    names = lines.loss.values.tolist()
    gaps = [difference(lines.distance, "Huber", other) for other in ("MAE", "MSE")]
    header = ["outliers", *(f"{name}: distance" for name in names), "Huber − MAE", "Huber − MSE"]
    rows = [
        [
            f"{share:.0%}",
            *(_with_interval(lines.distance.sel(loss=n)[i].values) for n in names),
            *(span(_one(gap, i), "+.3f") for gap in gaps),
        ]
        for i, share in enumerate(lines.share.values)
    ]
    note = f"The MSE lines are within {float(lines.miss):.0e} of the closed form."
    printed = ["example", "lab", "printed"]
    return {
        "table": Table(header, rows, note),
        "by_hand": Table(printed, by_hand(), title="Numbers by hand"),
    }


def difference(distance: xr.DataArray, a: str, b: str) -> Interval:
    """Distance of loss `a` less that of `b`, paired by data set: [shares]; all hold together."""
    one, other = (distance.sel(loss=x).transpose("share", "seed").values for x in (a, b))
    return paired_difference(one, other, comparisons=3 * len(one))


def by_hand() -> list[list[str]]:
    """Printed examples, recomputed."""
    outputs = jnp.array([0.43, 0.28, 0.19, 0.88, 0.72, 0.01, 0.64, 0.86, 0.99, 0.63])
    squares = float(jnp.sum(losses.squared_error(outputs, jax.nn.one_hot(3, 10))))
    logs = losses.softmax_cross_entropy_with_integer_labels(
        jnp.log(jnp.array([[0.1, 0.9], [0.4, 0.6], [0.2, 0.8]])), jnp.zeros(3, jnp.int32)
    )
    shown = ", ".join(f"{float(v):.3f}" for v in logs)
    return [
        ["squared cost of ten outputs, target 3", f"{squares:.2f}", "3.37 (unrounded)"],
        ["sparse cross-entropy of .1, .4, .2", shown, "2.303, .916, 1.609"],
        ["(3 − 18)²", f"{float(losses.squared_error(3.0, 18.0)):.0f}", "225"],
    ]


def _one(x: Interval, i: int) -> Interval:
    return Interval(*(part[i] for part in x))


def _with_interval(values: np.ndarray) -> str:
    mean, low, _ = mean_interval(values)
    return f"{mean:.3f} ± {mean - low:.3f}"
