"""Tables, verdicts and figures of the study of batch sizes, from its record alone."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import xarray as xr

from lab import plots, records, statistics
from lab.statistics import noise
from lab.statistics.intervals import Interval
from lab.study.cli import Folder
from lab.study.tables import comma_separated, markdown
from studies.gradient_descent import figures

# Printed claims: epochs to converge (stochastic, mini-batch, full).
PRINTED = {"1": (10, 20), "32": (20, 50), "all": (50, 100)}


def best_rate(tuning: xr.Dataset, target: float) -> float:
    """The rate with the least median time to the target; misses count as the whole budget."""
    reached = _reached(tuning, target)
    times = np.where(reached.hit, reached.time, 2 * float(tuning.updates[-1]))
    # medians tie where updates are few: then the mean decides, then the smaller rate
    rank = np.lexsort((times.mean(-1), np.median(times, -1)))
    return float(tuning.learning_rate[rank[0]])


def _reached(record: xr.Dataset, target: float) -> statistics.TimeToTarget:
    loss = record.validation_loss.isel(optimizer=0).transpose("learning_rate", "seed", "step")
    return statistics.time_to_target(loss.values, record.updates.values, target)


class Result(NamedTuple):
    """What the statistics say."""

    sizes: np.ndarray
    rates: np.ndarray
    at_edge: np.ndarray
    hit: np.ndarray  # share of seeds that arrive at the main target
    updates: dict[float, Interval]  # by target: median over seeds, [sizes]
    fits: dict[float, Interval]  # by target: B_crit
    curve: noise.CriticalBatch  # of the main target
    slopes: tuple[Interval, Interval]  # of the smallest sizes, and of the largest
    seconds: np.ndarray  # of an update
    noise_updates: np.ndarray  # middles of the stretches
    noise: Interval  # along training, from single examples
    noise_two: Interval  # from two batch sizes
    noise_on_the_way: Interval  # until the target
    target: float


def result(record: xr.DataTree) -> Result:
    """All numbers of the record."""
    told = records.manifest(record)["configuration"]
    targets, sizes = told["targets"], np.array(told["sizes"])
    reports = [record[f"report/{size}"].to_dataset() for size in sizes]
    tunings = [record[f"tuning/{size}"].to_dataset() for size in sizes]
    rates = np.array([float(r.learning_rate[0]) for r in reports])
    grid = tunings[0].learning_rate.values
    updates, fits = {}, {}
    fitted, slopes = {}, None
    for target in targets:
        reached = [_reached(r, target) for r in reports]
        times = np.stack([np.where(t.hit, t.time, np.inf)[0] for t in reached])
        median = _median(times)
        draws = noise.resampled(_median, times)
        low, high = _limits(draws)
        updates[target] = Interval(median, low, high)
        fitted[target] = _fit(sizes, median)
        critical = np.array([_fit(sizes, draw).size for draw in draws[:400]])
        fits[target] = Interval(np.array(fitted[target].size), *_limits(critical))
        if target == targets[1]:
            few = np.flatnonzero(sizes <= max(8, sizes[1]))
            many = np.flatnonzero(sizes >= min(256, sizes[-2]))
            early, late = (
                Interval(_slope(sizes, median, at), *_limits([_slope(sizes, d, at) for d in draws]))
                for at in (few, many)
            )
            slopes = early, late
            hit = np.array([t.hit.mean() for t in reached])
    assert slopes is not None
    main = targets[1]
    seconds = record["seconds"].to_dataset().seconds.min("repeat").values
    along = record["noise"].to_dataset().isel(optimizer=0, learning_rate=0)
    until = _reached(record["noise"].to_dataset(), main)
    end = float(np.median(until.time))
    at = along.probe_step.values
    edges = np.unique(np.round(np.geomspace(4, at[-1] + 4, 13)).astype(int))
    edges = np.concatenate([[0], edges])
    bins = [(at >= a) & (at < b) for a, b in pairwise(edges)]
    middles = np.array([at[b].mean() for b in bins if b.any()])
    one, two = _moments(along)
    return Result(
        sizes, rates, np.isin(rates, grid[[0, -1]]), hit, updates, fits, fitted[main],
        slopes, seconds, middles, _binned(one, bins), _binned(two, bins),
        Interval(*(x[0] for x in _binned(one, [at <= end]))), main,
    )  # fmt: skip


def _moments(along: xr.Dataset) -> tuple[noise.Moments, noise.Moments]:
    """[seed, times] each, by both estimators."""
    values = {
        str(name): v.transpose("seed", "probe_step").values
        for name, v in along.items()
        if str(name).startswith("probe_")
    }
    size = int(along.examples[-1] / along.updates[-1])
    two = noise.moments_of_batches(
        values["probe_norm_groups"], values["probe_norm_all"], size // 8, size
    )
    return noise.Moments(values["probe_squared"], values["probe_trace"]), two


def _binned(moments: noise.Moments, bins) -> Interval:
    """The scale of every stretch: means over its updates and all seeds before dividing."""
    means = [np.stack([m[:, b].mean(1) for b in bins if b.any()], 1) for m in moments]
    return noise.noise_scale(noise.Moments(*means), axis=0)


def _median(times: np.ndarray) -> np.ndarray:
    return statistics.median_time(statistics.TimeToTarget(times, np.isfinite(times)))


def _fit(sizes, steps) -> noise.CriticalBatch:
    if np.isfinite(steps).sum() < 3:
        return noise.CriticalBatch(np.inf, np.nan)
    return noise.critical_batch(sizes, steps)


def _slope(sizes, steps, at) -> np.ndarray:
    if not np.isfinite(steps[at]).all():
        return np.array(np.nan)
    return np.array(np.polyfit(np.log(sizes[at]), np.log(steps[at]), 1)[0])


def _limits(draws) -> tuple[np.ndarray, np.ndarray]:
    draws = np.asarray(draws)
    low, high = (
        np.quantile(draws, q, axis=0, method="closest_observation") for q in (0.025, 0.975)
    )
    return low, high


def draw(record: xr.DataTree, folder: Folder) -> None:
    """Everything that is printed or drawn."""
    found = result(record)
    told = records.manifest(record)["configuration"]
    rows, last = told["rows"], int(found.sizes[-1])
    shown = [size for size in (1, 8, 32, 128) if size in found.sizes] + [last]
    reports = {size: record[f"report/{size}"].to_dataset() for size in shown}
    unfair = record["unfair"].to_dataset()
    seeds = reports[last].sizes["seed"]
    tuning = record[f"tuning/{last}"].to_dataset()
    how = (
        f"digits ({rows} training rows), 64-32-32-10 ReLU, SGD, constant rate: for every batch "
        f"size the best of the same {tuning.sizes['learning_rate']} rates on "
        f"{tuning.sizes['seed']} tuning seeds"
    )
    time_of = dict(zip(found.sizes.tolist(), found.seconds.tolist()))
    texts = {
        "curves": f"{how}; mean over {seeds} fresh seeds, 95 % t interval; bottom right: one seed. "
        "Each line runs to the end of its own budget, 100 + 5000/B updates. Seconds: updates times "
        "the seconds of one update, each program timed alone, without evaluations (one lane, CPU, "
        "fastest of several repeats).",
        "batch_sizes": f"{how}; median over {seeds} fresh seeds, 95 % bootstrap interval. Target: "
        f"validation loss {found.target:g}. Seconds from programs timed alone.",
        "noise": f"SGD at batch 32 and its tuned rate, {seeds} seeds: moments averaged over seeds "
        "and a stretch of updates before dividing; 95 % bootstrap interval over seeds. Band: "
        f"critical batch size fitted to the updates to a validation loss of {found.target:g}.",
        "unfair": f"400 rows of two moons, the same for all {seeds} seeds, each of which draws 80 "
        "of them for validation; "
        f"2-10-10-2 ReLU, RMSprop, {unfair.attrs['epochs']} epochs; rate 0.001 unless tuned "
        f"({unfair.attrs['trials']} rates, {unfair.attrs['tuning_seeds']} tuning seeds). Mean, "
        "95 % t interval.",
    }
    drawn = {
        "curves": figures.curves(reports, time_of, rows, texts["curves"]),
        "batch_sizes": figures.batch_sizes(found, rows, texts["batch_sizes"]),
        "noise": figures.noise_along(found, texts["noise"]),
        "unfair": figures.unfair(unfair, texts["unfair"]),
    }
    for name, figure in drawn.items():
        plots.save(figure, folder.path / f"{name}.png")
    header, table = _table(found, rows)
    verdict = _verdict(found, unfair, rows)
    text = (
        f"# Batch, mini-batch, stochastic\n\n## To a validation loss of {found.target:g}\n\n"
        f"{markdown(header, table)}\n{how}. Medians over {seeds} fresh seeds, 95 % bootstrap "
        f"interval.\n\n## Verdict\n\n{verdict}"
    )
    folder.text("table.md", text)
    folder.text("table.csv", comma_separated(header, table))
    print(f"{text}\nfigures, tables and record: {folder.path}")


def _span(x: Interval, digits: str = ".3g") -> str:
    estimate, low, high = (format(float(v), digits) for v in x)
    return f"{estimate} ({low} to {high})"


def _table(found: Result, rows: int):
    header = ["batch", "best rate", "updates", "epochs", "µs an update", "ms to it", "arrive"]
    table = []
    for i, size in enumerate(found.sizes.tolist()):
        updates = Interval(*(x[i] for x in found.updates[found.target]))
        edge = " (edge)" if found.at_edge[i] else ""
        table.append([
            f"{size}", f"{found.rates[i]:.2g}{edge}", _span(updates, ".0f"),
            f"{float(updates.estimate) * size / rows:.2f}", f"{found.seconds[i] * 1e6:.3g}",
            f"{float(updates.estimate) * found.seconds[i] * 1e3:.3g}", f"{found.hit[i]:.0%}",
        ])  # fmt: skip
    return header, table


def judged(inside: bool, outside: bool) -> str:
    """A claim holds where its whole interval does, and fails where none of it does."""
    return "held" if inside else "did not hold" if outside else "inconclusive"


def _within(x: Interval, low: float, high: float) -> str:
    return judged(bool(low <= x.low and x.high <= high), bool(x.high < low or x.low > high))


def _verdict(found: Result, unfair: xr.Dataset, rows: int) -> str:
    early, late = found.slopes
    critical, way = found.fits[found.target], found.noise_on_the_way
    updates = found.updates[found.target]
    factor = Interval(
        way.estimate / critical.estimate, way.low / critical.high, way.high / critical.low
    )
    sure = int(np.flatnonzero(np.isfinite(found.noise.high))[-1])  # the last with both limits
    first, last = (Interval(*(x[i] for x in found.noise)) for i in (0, sure))
    growth = Interval(last.estimate / first.estimate, last.low / first.high, last.high / first.low)
    others = ", ".join(
        f"{_span(fit)} at {target:g}"
        for target, fit in found.fits.items()
        if target != found.target
    )
    sizes = found.sizes.tolist()
    lines = [
        "- *Updates to the target halve per doubling of the batch (Shallue 2018).* "
        f"**{_within(early, -1.1, -0.9)}** (slope within 0.1 of −1): slope {_span(early)} over "
        f"batches up to {max(8, sizes[1])}.",
        f"- *… then flatten.* **{_within(late, -0.1, 0.1)}** (slope within 0.1 of 0): slope "
        f"{_span(late)} over batches from {min(256, sizes[-2])} to all {rows} rows.",
        "- *The noise scale predicts the bend within an order of magnitude (McCandlish 2018).* "
        f"**{_within(factor, 0.1, 10)}**: noise scale {_span(way)} on the way to the target, "
        f"critical batch size {_span(critical)} ({others}; rates tuned for {found.target:g}); "
        f"ratio {_span(factor)}.",
        "- *The noise scale grows in training (McCandlish 2018).* "
        f"**{judged(bool(growth.low > 1), bool(growth.high < 1))}**: from {_span(first)} in the "
        f"first updates to {_span(last)} around update {found.noise_updates[sure]:.0f}, the last "
        "stretch in which |G|² is significantly above 0.",
    ]
    for label, (low, high) in PRINTED.items():
        size = rows if label == "all" else int(label)
        if size not in sizes:
            continue
        epochs = Interval(*(x[sizes.index(size)] * size / rows for x in updates))
        lines.append(
            f"- *Batch {label} takes {low}–{high} epochs (a course).* "
            f"**{_within(epochs, low, high)}** for this target: {_span(epochs)} epochs."
        )
    if 1 in sizes:
        total = found.seconds * updates.estimate
        fastest = sizes[int(np.argmin(total))]
        per_epoch = found.seconds * rows / found.sizes
        lines.append(
            "- *Full batch is fastest per epoch (and: slowest; sources contradict each other).* "
            f"An epoch takes {per_epoch[0] * 1e3:.3g} ms at batch 1 and {per_epoch[-1] * 1e3:.3g} "
            f"ms at full batch; to the target batch {fastest} is fastest, {total.min() * 1e3:.3g} "
            f"ms against {total[0] * 1e3:.3g} and {total[-1] * 1e3:.3g}. Times of this machine."
        )
    final = unfair.loss.isel(point=-1)

    def gap(a: str, b: str) -> Interval:
        return statistics.paired_difference(final.sel(arm=a).values, final.sel(arm=b).values)

    flaw = gap("full batch, continuing", "full batch, equal epochs")
    rise = statistics.paired_difference(
        final.sel(arm="full batch, continuing").values, final.sel(arm="batch 1").values
    )
    equal = gap("full batch, equal updates", "batch 1")
    tuned = gap("full batch, equal epochs, tuned", "batch 1, tuned")
    lines += [
        "- *The published full-batch run stands on the batch-1 run's weights.* Its validation loss "
        f"ends {_span(flaw, '+.3f')} against the same run from fresh weights: "
        f"**{'the comparison is unfair' if flaw.high < 0 else 'inconclusive'}**. The published "
        "rise of the validation loss (.151 to .176) while it continues: "
        f"**{judged(bool(rise.low > 0), bool(rise.high < 0))}**, {_span(rise, '+.4f')}.",
        "- *Batch size 1 ends lower than full batch.* From fresh weights, full batch minus batch "
        f"1: {_span(gap('full batch, equal epochs', 'batch 1'), '+.3f')} at equal epochs, "
        f"{_span(equal, '+.3f')} at equal updates, {_span(tuned, '+.3f')} at equal epochs with "
        "both rates tuned: "
        f"**{judged(bool(tuned.low > 0), bool(tuned.high < 0))}** tuned, "
        f"**{judged(bool(equal.low > 0), bool(equal.high < 0))}** at equal updates.",
    ]
    return "\n".join(lines) + "\n"
