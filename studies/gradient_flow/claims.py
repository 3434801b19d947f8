"""Claims about deep nets: which stall at every rate, what revives them, what depth takes away."""

from collections.abc import Iterator, Sequence

import numpy as np
import xarray as xr

from lab.plots.names import plain
from lab.statistics import holm_intervals, mean_interval, paired_difference
from lab.statistics.intervals import Interval
from lab.study import Claim, Record, Table, span
from lab.study.claims import HELD
from lab.study.families import each, family
from studies.gradient_flow.runs import GradientFlow

CHANCE = 15.0  # % correct, of ten classes: a net below has learnt nothing that would show
TRAINED = 50.0  # a net above is revived
VANISHED = 0.01  # of the last layer's gradient norm
SAID = {"momentum": "SGD with momentum", "adam": "Adam"}


def claims(record: Record[GradientFlow]) -> Iterator[Claim]:
    """Of the page."""
    stall, revive = [*_stalled(record)], [*_remedies(record)]
    yield from [*stall, *revive]
    rules = len(record.settings.rules)
    if rules > 1:
        yield from _same_table(*(stall[i::rules] + revive[i::rules] for i in (0, 1)))
    yield from _flow(record.under("flow"))
    yield _region(record["region"])


def tables(record: Record[GradientFlow]) -> dict[str, Table]:
    """Rates and accuracies of the stalled net, best rate, and of every remedy."""
    part, rules = record["stalled"], record["stalled"].optimizer.values.tolist()
    header = ["net", *(f"{SAID[r]}: {what}" for r in rules for what in ("rate", "accuracy"))]
    rows = []
    for name in part.initializer.values.tolist():
        row = [plain(name)]
        for rule in rules:
            own = part.accuracy.sel(optimizer=rule, initializer=name).transpose("rate", "seed")
            at = int(own.mean("seed").argmax("rate"))
            row += [f"{float(part.learning_rate.sel(optimizer=rule)[at]):.2g}", _share(own[at])]
        rows.append(row)
    for name, found in record.under("remedies").items():
        row = [name]
        for rule in rules:
            one = found.sel(optimizer=rule)
            edge = " (edge)" if bool(one.at_edge) else ""
            row += [f"{float(one.rate):.2g}{edge}", _share(one.accuracy)]
        rows.append(row)
    note = "Accuracy on test rows, ± half of the 95 % t interval over seeds."
    return {"table": Table(header, rows, note)}


def _share(values: xr.DataArray) -> str:
    mean, low, _ = mean_interval(100 * values.values)
    return f"{mean:.1f} ± {mean - low:.1f} %"


def _stalled(record: Record[GradientFlow]) -> Iterator[Claim]:
    """Each initializer under each optimizer: at chance at all rates; all hold together."""
    part = record["stalled"].transpose("initializer", "optimizer", "rate", "seed")
    values = 100 * part.accuracy.values
    cells = holm_intervals(values.reshape(-1, values.shape[-1]), CHANCE)
    for i, j in np.ndindex(*values.shape[:2]):
        every = Interval(*(v.reshape(values.shape[:-1])[i, j] for v in cells))
        at = int(every.estimate.argmax())
        name, rule = part.initializer.values[i], part.optimizer.values[j]
        yield Claim(
            f"stalls_{name}_{rule}", f"A {record.settings.layers}-layer sigmoid net stalls at "
            "chance at every rate", every, values.shape[-1], "seeds", high=CHANCE,
            where=f"{plain(name)}, {SAID[rule]}",
            says=f"of {every.low.size} rates the best, {part.learning_rate.values[j, at]:.2g}, has "
            f"{span(Interval(*(v[at] for v in every)), '.1f')} % correct",
        )  # fmt: skip


def _remedies(record: Record[GradientFlow]) -> Iterator[Claim]:
    """What each makes of the stalled net at the rate that is best for that."""
    base = 100 * record["stalled"].accuracy.isel(initializer=0)
    revived, said, parts = {}, [], record.under("remedies")
    for remedy, part in parts.items():
        for rule in part.optimizer.values.tolist():
            own = base.sel(optimizer=rule).transpose("rate", "seed").values
            values = 100 * part.accuracy.sel(optimizer=rule).values
            gain = paired_difference(values, own[own.mean(-1).argmax()], comparisons=len(parts))
            revived[f"{remedy}, {SAID[rule]}"] = values
            said.append(
                f"{{}} % correct at rate {float(part.rate.sel(optimizer=rule)):.2g}, "
                f"{span(gain, '+.1f')} points more"
            )
    under = plain(record.settings.stalled[0])
    yield from family("revives", f"It revives the net under {under}", revived, "seeds",
                      low=TRAINED, digits=".1f", says=said)  # fmt: skip


def _same_table(one: Sequence[Claim], two: Sequence[Claim]) -> Iterator[Claim]:
    """Whether what holds for an optimizer holds for another; nothing where nothing does."""
    held = [b for a, b in zip(one, two) if a.outcome == HELD]
    if held:
        sizes = [np.size(b.interval.low) for b in held]
        rows = Interval(*map(np.hstack, zip(*(b.interval for b in held))))
        other = [f"{b.where.rsplit(', ', 1)[0]} ({b.outcome})" for b in held if b.outcome != HELD]
        yield Claim(
            "same_table", f"The same table stands for {two[0].where.rsplit(', ', 1)[1]}", rows,
            two[0].n, "seeds", low=np.repeat([b.low for b in held], sizes),
            high=np.repeat([b.high for b in held], sizes),
            says=f"of {len(held)} rows that hold, {len(held) - len(other)} do so too; otherwise: "
            f"{', '.join(other) or 'none'}",
        )  # fmt: skip


def fall(part: xr.Dataset, view: str) -> np.ndarray:
    """log₁₀ of the gradient norm of the first over the last hidden layer, at the start: [S]."""
    norms = part.gradient.sel(view=view).isel(updates=0).transpose("seed", "layer").values
    hidden = np.isfinite(norms).sum(-1) - 2  # the last number is the output's
    last = np.take_along_axis(norms, hidden[:, None], 1)[:, 0]
    return np.log10(norms[:, 0] / last)


def _flow(flows: dict[str, xr.Dataset]) -> Iterator[Claim]:
    """How much of the gradient reaches the first layer, and what of it can be seen in training."""
    falls = np.array([fall(part, "glorot_normal") for part in flows.values()])
    said = [
        "of the last hidden layer's norm the first has {}; " + ", ".join(
            f"{plain(view)} {_power(mean_interval(fall(part, view)))}"
            for view in part.view.values.tolist() if view != "glorot_normal"
        ) + " (geometric means)"
        for part in flows.values()
    ]  # fmt: skip
    yield from each(
        "gradient_vanishes", f"Under Glorot the gradient vanishes on its way to the first layer, "
        f"to less than {VANISHED:.0%}",
        Interval(*(10.0**v for v in holm_intervals(falls, np.log10(VANISHED)))), flows,
        n=falls.shape[-1], unit="seeds", high=VANISHED, digits=".1e", says=said,
    )  # fmt: skip
    one = flows["sigmoid"].sel(view="glorot_normal")
    moved = one.change.isel(updates=-1).transpose("layer", "seed").values
    first, last = (span(mean_interval(moved[i]), ".1e") for i in (0, -1))
    yield Claim(
        "first_layer_stands", "A stalled net shows in its first layer's weights",
        paired_difference(np.log10(moved[-1]), np.log10(moved[0])), moved.shape[-1], "seeds", low=0,
        where="sigmoid under Glorot", says=f"in {int(one.updates[-1])} updates they change by "
        f"{first} of their norm, the output's by {last}: {{}} powers of ten",
    )  # fmt: skip


def _power(x: Interval) -> str:
    return span(Interval(*(10.0**v for v in x)), ".1e")


def usable(accuracy: xr.DataArray) -> np.ndarray:
    """% of rates and scales at which a seed's net of each depth trains: [layers, S]."""
    trained = (100 * accuracy >= TRAINED).mean(("init_scale", "learning_rate"))
    return 100 * trained.transpose("layers", "seed").values


def _region(part: xr.Dataset) -> Claim:
    """Whether depth narrows what can be trained."""
    shares = usable(part.accuracy)
    numbers = ", ".join(
        f"{depth}: {span(mean_interval(row), '.1f')} %"
        for depth, row in zip(part.layers.values, shares)
    )
    return Claim(
        "depth_narrows", "Depth narrows the region of rates and initial scales that train",
        paired_difference(shares[0], shares[-1]), shares.shape[-1], "seeds", low=0, where="sigmoid",
        says=f"share of the grid with {TRAINED:g} % correct by layers: {numbers}",
    )  # fmt: skip
