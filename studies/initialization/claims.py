"""Claims about initial weights: what fifty layers keep, which units stay equal, what trains."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr

from lab.plots.names import plain
from lab.statistics import bootstrap, mean_interval
from lab.statistics.intervals import Interval
from lab.study import Claim, Record, Table, fact
from lab.study.families import family
from studies.initialization.runs import Initialization

STUCK = 20.0  # % correct, of ten classes; a net below has learnt next to nothing
WIDE = 512  # from which width on theory is compared
A_LAYER, OF_THEORY = 0.01, 0.25  # what may be missing: of a moment per layer, of its spread
MATCHED = {"sigmoid": "glorot_logistic_normal", "tanh": "glorot_normal", "relu": "he_normal"}
BAD = ("zeros", "constant", "small_normal", "large_normal")


def claims(record: Record[Initialization]) -> Iterator[Claim]:
    """Of the page."""
    yield from _depth(record)
    yield from _symmetry(record["symmetry"])
    yield from _outcome(record)


def tables(record: Record[Initialization]) -> dict[str, Table]:
    """Signal and gradient before training, and the accuracy after it."""
    header = ["activation, initializer", "output", "gradient", "rate", "test accuracy"]
    rows = []
    for activation, part in record.under("outcome").items():
        for name in part.initializer.values.tolist():
            look = record["start"].sel(activation=activation, initializer=name)
            end = part.sel(initializer=name)
            first, last = (float(look.gradient_rms.isel(layer=i).mean()) for i in (0, -1))
            mean, low, _ = mean_interval(100 * end.accuracy.values)
            rows.append([
                f"{plain(activation)}, {plain(name)}",
                f"{float(look.output_rms.isel(layer=-1).mean()):.2g}",
                f"{first / last:.2g}" if last > 0 else "none",
                f"{float(end.rate):.2g}{' (edge)' if bool(end.at_edge) else ''}",
                f"{mean:.1f} ± {mean - low:.1f} %",
            ])  # fmt: skip
    note = (
        "Output: root mean square at the last hidden layer; gradient: of the first hidden layer "
        "over the last; both before training. Accuracy ± half of the 95 % t interval, over seeds."
    )
    return {"table": Table(header, rows, note)}


def spread(moment: np.ndarray, level: float = 0.95) -> Interval:
    """Standard deviation of log moments over networks, the last axis, with a BCa interval."""
    return bootstrap(lambda x: x.std(-1, ddof=1), np.log(moment), level=level)


def _depth(record: Record[Initialization]) -> Iterator[Claim]:
    """The mean of the second moment, its spread, and how fast it goes under 1/fan_in."""
    s = record.settings
    layers, widths = s.deep_layers, [n for n in s.deep_widths if n >= WIDE] or s.deep_widths[-1:]
    last = record["depth"].moment.isel(layer=-1).sel(width=list(widths))
    he, thin = (
        last.sel(initializer=name).transpose("width", "seed").values.astype(float)
        for name in ("he_normal", "lecun_normal")
    )
    level = 1 - 0.05 / len(widths)  # of each, so that those of all widths hold together
    shrunk = mean_interval(thin * 2.0**layers, level=level)
    theory = np.sqrt(5 * layers / np.array(widths))
    where = f"width {' and '.join(map(str, widths))}"
    kept: dict[str, Any] = {"low": (1 - A_LAYER) ** layers, "high": (1 + A_LAYER) ** layers}
    falls = " and ".join(f"{x:.2g}" for x in np.sqrt(shrunk.estimate / 2.0**layers))
    yield Claim(
        "he_keeps_signals", f"He keeps the mean second moment of ReLU signals over {layers} "
        f"layers, to within {A_LAYER:.0%} a layer", mean_interval(he, level=level), s.deep_nets,
        "networks", where=where, digits=".2f", says=f"{{}} times the input's ({s.deep_nets} nets)",
        source="He et al. 2015", **kept,
    )  # fmt: skip
    yield Claim(
        "spread_grows_with_depth", f"The log of it spreads by √(5L/n), to within {OF_THEORY:.0%}",
        spread(he, level), s.deep_nets, "networks", low=(1 - OF_THEORY) * theory,
        high=(1 + OF_THEORY) * theory, where=where, digits=".3f",
        says=f"standard deviation {{}} against {' and '.join(f'{x:.3f}' for x in theory)}",
    )  # fmt: skip
    yield Claim(
        "thin_weights_shrink", f"Under 1/fan_in the signal shrinks by 2^(−L/2), its square to "
        f"within {A_LAYER:.0%} a layer", shrunk, s.deep_nets, "networks", where=where, digits=".2f",
        says=f"its root mean square falls to {falls} of the input's, its square to {{}} times "
        f"2^(−{layers})", **kept,
    )  # fmt: skip


def _symmetry(part: xr.Dataset) -> Iterator[Claim]:
    """Units that begin equal: whether every bit stays so in every layer, rule and seed."""
    for name in part.initializer.values.tolist():
        one = part.sel(initializer=name)
        # networks that left the range of numbers have no bits to compare
        finite = np.isfinite(one.apart).all(("updates", "layer"))
        same = (one.apart == 0).all(("updates", "layer"))
        nets, equal = int(finite.sum()), int((same & finite).sum())
        moved = one.moved.where(finite)
        yield fact(
            f"equal_units_{name}", "Hidden units that begin equal stay equal to the last bit",
            bool(nets and equal == nets),
            f"in {equal} of {nets} runs ({', '.join(part.rule.values.tolist())}; "
            f"{part.sizes['seed']} seeds; {part.sizes['updates']} looks in {int(part.updates[-1])} "
            f"updates); every hidden layer moves in {int((moved > 0).all('layer').sum())} of them "
            f"(norms by up to {float(moved.max()):.2g} of the initial one)",
            where=f"{plain(name)} times {' or '.join(f'{x:g}' for x in part.init_scale.values)}",
        )  # fmt: skip


def _outcome(record: Record[Initialization]) -> Iterator[Claim]:
    """What fails, and whether the initializer has to match the activation."""
    accuracy = {
        (str(activation), str(name)): 100 * part.accuracy.sel(initializer=name).values
        for activation, part in record.under("outcome").items()
        for name in part.initializer.values
    }
    left = {
        f"{plain(name)}, {plain(activation)}": values
        for (activation, name), values in accuracy.items()
        if name in BAD
    }
    yield from family(
        "does_not_train", "It does not train", left, "seeds", high=STUCK, digits=".1f",
        says=f"{{}} % correct at its best rate (below {STUCK:g} % would hold)",
    )  # fmt: skip
    gaps = {
        f"{plain(MATCHED[activation])} against {plain(name)}, {plain(activation)}":
            accuracy[activation, MATCHED[activation]] - values
        for (activation, name), values in accuracy.items()
        if name not in (*BAD, MATCHED[activation])
    }  # fmt: skip
    yield from family(
        "matched_wins", "The initializer made for the activation beats others", gaps, "seeds",
        low=0, digits="+.1f", says="by {} points",
    )  # fmt: skip
