"""Tables, verdicts and figures of the study of slices, from its record alone."""

import numpy as np
import xarray as xr
from scipy import stats

from lab import plots, records, statistics
from lab.statistics.intervals import Interval
from lab.study.cli import Folder
from lab.study.tables import comma_separated, markdown
from studies.gradient_descent.report import judged
from studies.loss_slices import figures

TRUTHFUL = 1.1  # a picture that is off by less, on average over the path, tells the truth
STEP = 0.25  # along a direction: where sharpness is read, declared beforehand
SMALL, LARGE = "SGD, batch 16", "SGD, batch 512"


def factors(arm: xr.Dataset) -> xr.DataArray:
    """How far a plane is off, exp(mean over the path |ln(shown / true)|): (plane, seed)."""
    off = np.abs(np.log(arm.shown / arm.true)).mean("point")
    return np.exp(off).transpose("plane", "seed")


def sharpness(arm: xr.Dataset, place: str, kind: str) -> np.ndarray:
    """Ln of the mean rise of the loss `STEP` along random directions, both ways: [seed]."""
    line = arm.line.sel(place=place, kind=kind)
    away = line.sel(reach=[-STEP, STEP], method="nearest").mean("reach")
    rise = (away - line.sel(reach=0.0, method="nearest")).values
    return np.log(np.maximum(rise, 1e-9))  # a fall is no sharpness, and has no logarithm


def _of_logs(values: np.ndarray) -> Interval:
    """Geometric mean with its interval."""
    return Interval(*(np.exp(v) for v in statistics.mean_interval(values)))


def _span(x: Interval, digits: str = ".3g") -> str:
    estimate, low, high = (format(float(v), digits) for v in x)
    return f"{estimate} ({low} to {high})"


def draw(record: xr.DataTree, folder: Folder) -> None:
    """Everything that is printed or drawn."""
    told = records.manifest(record)["configuration"]
    found = {n.attrs["arm"]: n.to_dataset() for n in record.children.values()}
    arms = {name: found[name] for name in told["arms"]}  # a file keeps no order
    one = next(iter(arms.values()))
    seeds, level = one.sizes["seed"], told["level"]
    how = (
        f"Digits, 64-32-32-10 ReLU ({one.attrs['parameters']:,} parameters), "
        f"{told['updates']:,} updates, constant rate, the best of the same {told['trials']} by "
        f"validation loss on {told['tuning_seeds']} tuning seeds; loss of all {one.attrs['rows']:,}"
        f" training rows; {seeds} fresh seeds"
    )
    texts = {
        "path": f"{how}. Maps, and bottom left: “{SMALL}”, one seed, a dot every "
        f"{told['every']} updates, star: the end. Ground: loss on the plane; dots: loss of the "
        "path's points, same colours. Bottom, others: mean over seeds (geometric for the ratio), "
        "95 % t interval, where it is not seen narrower than the mark.",
        "sharpness": f"{how}. Geometric mean over seeds of the mean over {told['directions']} "
        "random directions; the 95 % t interval is hardly wider than the lines. Raw: length "
        f"{told['raw_length']:g} over all parameters. Left, middle: the first "
        f"point of each path with a training loss of at most {level:g}. Right: ends of "
        f"“{SMALL}”; the twin has both hidden layers times {told['twin']:g} and the output layer "
        f"over {told['twin'] ** 2:g}; its normalized line lies on the network's.",
    }
    batches = {name: arms[name] for name in (SMALL, LARGE)}
    drawn = {
        "path": figures.planes_and_paths(arms, SMALL, texts["path"]),
        "sharpness": figures.sharpness(batches, SMALL, level, texts["sharpness"]),
    }
    for name, figure in drawn.items():
        plots.save(figure, folder.path / f"{name}.png")
    header, rows = _table(arms)
    verdict = _verdict(arms, level)
    text = (
        f"# Slices of a network's loss\n\n{markdown(header, rows)}\n{how}; mean, 95 % t interval "
        "(geometric for factors). Factor: how far the loss on the plane is off, averaged over the "
        f"path; worst: at any point of any seed.\n\n## Verdict\n\n{verdict}"
    )
    folder.text("table.md", text)
    folder.text("table.csv", comma_separated(header, rows))
    print(f"{text}\nfigures, tables and record: {folder.path}")


def _table(arms: dict[str, xr.Dataset]):
    header = ["arm", "rate", "plane", "share of variance", "off by a factor of", "worst"]
    rows = []
    for name, arm in arms.items():
        edge = " (edge)" if bool(arm.at_edge) else ""
        off = xr.DataArray(np.log(factors(arm)))
        worst = np.exp(np.abs(np.log(arm.shown / arm.true)).max(("seed", "point")))
        for plane in arm.plane.values.tolist():
            share = statistics.mean_interval(arm.share.sel(plane=plane).values)
            factor = _of_logs(off.sel(plane=plane).values)
            rows.append([
                name, f"{float(arm.rate):.2g}{edge}", figures.LABELS[plane], _span(share),
                _span(factor), f"{float(worst.sel(plane=plane)):.3g}",
            ])  # fmt: skip
    return header, rows


def _verdict(arms: dict[str, xr.Dataset], level: float) -> str:
    lines = []
    for name, arm in arms.items():
        share = statistics.mean_interval(arm.share.sel(plane="principal").values)
        said = judged(
            bool(share.low >= 0.4 and share.high <= 0.9), bool(share.low > 0.9 or share.high < 0.4)
        )
        lines.append(
            f"- *Two directions hold 40–90 % of a path's variance (Li et al. 2018)*, {name}: "
            f"**{said}**, {_span(share, '.1%')}; a random walk's hold 76 %."
        )
    for name, arm in arms.items():
        off = _of_logs(np.log(factors(arm).sel(plane="principal").values))
        chord = _of_logs(np.log(factors(arm).sel(plane="chord").values))
        logs = np.log(arm.shown / arm.true).sel(plane="principal")
        start, low = np.exp(logs.isel(point=0)), float((logs < 0).mean())
        lines.append(
            "- *The contours below a path are its loss* (within 10 % on average; principal plane), "
            f"{name}: **{judged(bool(off.high < TRUTHFUL), bool(off.low > TRUTHFUL))}**, off by a "
            f"factor of {_span(off)}, at worst {float(np.exp(np.abs(logs).max())):.3g}; too low at "
            f"{low:.0%} of the points, and at the start {float(start.mean()):.2f} of the truth. "
            f"Start–end plane: {_span(chord)}."
        )
    share = np.stack([a.share.sel(plane="random").values for a in arms.values()])
    off = np.stack([np.log(factors(a).sel(plane="random").values) for a in arms.values()])
    lines.append(
        "- *Random directions show nothing of the path (Li et al. 2018).* "
        f"**{judged(bool(share.max() < 0.01), bool(share.min() > 0.01))}**: they hold at most "
        f"{share.max():.2%} of its variance (under 1 % on every seed would hold), and its loss is "
        f"off by a factor of {_span(_of_logs(off.mean(0)))}, all arms together."
    )
    # arms share their seeds: a seed counts once
    falls = np.all([(np.diff(a.chord.values, axis=-1) <= 0).all(-1) for a in arms.values()], 0)
    sure = stats.binomtest(int(falls.sum()), len(falls)).proportion_ci(method="exact")
    lines.append(
        "- *On the straight line from start to end the loss only falls (Goodfellow et al. 2015)*, "
        f"for most seeds: **{judged(sure.low > 0.5, sure.high < 0.5)}**, at 51 points for every "
        f"arm on {falls.sum()} of {len(falls)} seeds (95 %: {sure.low:.0%} to {sure.high:.0%})."
    )
    small, large = arms[SMALL], arms[LARGE]
    for place, words in (
        ("level", f"at the first training loss of at most {level:g}"),
        ("end", "after the budget"),
    ):
        said = []
        for kind, label in (("filters", "normalized filters"), ("raw", "raw directions")):
            gap = statistics.paired_difference(
                sharpness(large, place, kind), sharpness(small, place, kind)
            )
            ratio = Interval(*(np.exp(v) for v in gap))
            said.append(
                f"**{judged(bool(ratio.low > 1), bool(ratio.high < 1))}** with {label}, "
                f"{_span(ratio)} times the rise"
            )
        ends = [
            f"{float(a.line.sel(place=place, kind='raw', reach=0.0).mean()):.2g}"
            for a in (small, large)
        ]
        lines.append(
            f"- *Batch 512 ends sharper than batch 16 (Keskar 2017, Li 2018)*, {words}: "
            f"{'; '.join(said)}. Training loss there: {ends[0]} and {ends[1]}."
        )
    reached = [int(a.level_reached.sum()) for a in (small, large)]
    if min(reached) < small.sizes["seed"]:
        lines[-2] += f" (Only {reached[0]} and {reached[1]} seeds got there; others: their end.)"
    twin = {
        kind: _of_logs(sharpness(small, "twin", kind) - sharpness(small, "end", kind))
        for kind in ("raw", "filters")
    }
    same = float(np.abs(np.log(
        small.line.sel(place="twin", kind="filters") / small.line.sel(place="end", kind="filters")
    )).max())  # fmt: skip
    lines.append(
        "- *Normalized filters do not see a rescaling that leaves the function alone.* "
        f"**{judged(same < 1e-2, same >= 1e-2)}**: the slices of network and twin differ by at "
        f"most {same:.1e} of the loss (single precision); raw ones make the twin "
        f"{_span(twin['raw'])} times as sharp."
    )
    return "\n".join(lines) + "\n"
