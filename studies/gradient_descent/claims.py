"""Claims about batch sizes: bends and their prediction, seconds, a comparison made again."""

from collections.abc import Iterator
from functools import partial

import numpy as np
import xarray as xr

from lab.statistics import holm_intervals, paired_difference
from lab.statistics.intervals import Interval
from lab.study import Claim, Record, Table, span
from studies.gradient_descent import numbers
from studies.gradient_descent.numbers import Arrivals
from studies.gradient_descent.settings import GradientDescent

PRINTED = {1: (10, 20), 32: (20, 50), None: (50, 100)}  # epochs by batch; None is all rows
SHALLUE, MCCANDLISH, COURSE = "Shallue 2018", "McCandlish 2018", "a course"


def claims(record: Record[GradientDescent]) -> Iterator[Claim]:
    """Of the page."""
    found = Arrivals(record, record.settings.target)
    of_seeds = partial(Claim, n=record.settings.seeds, unit="seeds")
    yield from _bends(record, found, of_seeds)
    yield from _epochs(found, of_seeds)
    yield from _seconds(record, found, of_seeds)
    yield from _published(record["unfair"], partial(of_seeds, source="a published notebook"))


def tables(record: Record[GradientDescent]) -> dict[str, Table]:
    """What every batch size needs to the main target."""
    s = record.settings
    found, seconds = Arrivals(record, s.target), numbers.update_seconds(record)
    updates, rows = found.interval(), found.sizes[-1]
    header = ["batch", "best rate", "updates", "epochs", "µs an update", "ms to it", "arrive"]
    table = []
    for i, size in enumerate(found.sizes.tolist()):
        rate = float(record[f"report/{size}"].learning_rate[0])
        edge = " (edge)" * (rate in record[f"tuning/{size}"].learning_rate.values[[0, -1]])
        median = float(found.median[i])
        table.append([
            f"{size}", f"{rate:.2g}{edge}", span(Interval(*(x[i] for x in updates)), ".0f"),
            f"{median * size / rows:.2f}", f"{seconds[i] * 1e6:.3g}",
            f"{median * seconds[i] * 1e3:.3g}", f"{np.isfinite(found.times[i]).mean():.0%}",
        ])  # fmt: skip
    note = (
        f"Medians over {s.seeds} fresh seeds to a validation loss of {s.target:g}, 95 % bootstrap."
    )
    return {"table": Table(header, table, note)}


def _bends(record: Record[GradientDescent], found: Arrivals, of_seeds) -> Iterator[Claim]:
    s, sizes = record.settings, found.sizes
    few, many = max(8, sizes[1]), min(256, sizes[-2])
    yield of_seeds(
        "halving",
        "Updates to the target halve per doubling of the batch (slope within 0.1 of −1)",
        found.slope(sizes <= few),
        low=-1.1,
        high=-0.9,
        source=SHALLUE,
        says=f"slope {{}} over batches up to {few}",
    )
    yield of_seeds(
        "flat", "… then flatten (slope within 0.1 of 0)", found.slope(sizes >= many), low=-0.1,
        high=0.1, says=f"slope {{}} over batches from {many} to all {sizes[-1]} rows",
        source=SHALLUE,
    )  # fmt: skip
    bend, way = found.bend(), numbers.scale_on_the_way(record)
    bends = {t: Arrivals(record, t).bend() for t in s.targets if t != s.target}
    yield of_seeds(
        "bend_predicted", "The noise scale predicts the bend within an order of magnitude",
        _ratio(way, bend), low=0.1, high=10, source=MCCANDLISH,
        says=f"noise scale {span(way)} on the way to the target, critical batch size {span(bend)} "
        f"({', '.join(f'{span(x)} at {target:g}' for target, x in bends.items())}; rates tuned for "
        f"{s.target:g}); ratio {{}}",
    )  # fmt: skip
    updates, along, _ = numbers.scales_along(record)
    sure = int(np.flatnonzero(np.isfinite(along.high))[-1])  # the last with both limits
    first, last = (Interval(*(x[i] for x in along)) for i in (0, sure))
    yield of_seeds(
        "noise_grows",
        "The noise scale grows in training",
        _ratio(last, first),
        low=1,
        source=MCCANDLISH,
        says=f"from {span(first)} in the first updates to {span(last)} around update "
        f"{updates[sure]:.0f}, the last stretch in which |G|² is significantly above 0: {{}} times",
    )


def _ratio(a: Interval, b: Interval) -> Interval:
    """With limits that hold if those of both do."""
    return Interval(a.estimate / b.estimate, a.low / b.high, a.high / b.low)


def _epochs(found: Arrivals, of_seeds) -> Iterator[Claim]:
    sizes, rows = found.sizes.tolist(), found.sizes[-1]
    updates = found.interval(comparisons=len(PRINTED))
    for size, (low, high) in PRINTED.items():
        name, size = size or "all", size or rows
        if size in sizes:
            epochs = Interval(*(x[sizes.index(size)] * size / rows for x in updates))
            yield of_seeds(
                f"epochs_{name}", f"Batch {name} takes {low}–{high} epochs", epochs, low=low,
                high=high, where="for this target", says="{} epochs", source=COURSE,
            )  # fmt: skip


def _seconds(record: Record[GradientDescent], found: Arrivals, of_seeds) -> Iterator[Claim]:
    each = record["seconds"].seconds.transpose("batch_size", "repeat").values
    *others, full = np.log(each * found.sizes[-1] / found.sizes[:, None])
    longer = paired_difference(np.array([full] * len(others)), others, comparisons=len(others))
    times = Interval(*(np.exp(x) for x in longer))
    fastest, small = 1e3 * numbers.update_seconds(record), found.sizes[0]
    epoch, total = fastest * found.sizes[-1] / found.sizes, fastest * found.median
    yield Claim(
        "epoch_fastest", "Full batch is fastest per epoch (sources contradict each other)", times,
        n=each.shape[-1], unit="repeats", high=1, where="times of this machine", source=COURSE,
        says=f"an epoch takes {epoch[0]:.3g} ms at batch {small} and {epoch[-1]:.3g} ms at full "
        f"batch, {span(Interval(*(x[times.estimate.argmax()] for x in times)))} times as long as "
        "at the next best batch",
    )  # fmt: skip
    best = int(np.argmin(total))
    yield of_seeds(
        "target_fastest",
        "… and to the target",
        found.interval(lambda _, median: fastest[-1] * median[-1] / (fastest * median)[:-1].min()),
        high=1,
        where="times of this machine",
        source=COURSE,
        says=f"batch {found.sizes[best]} is fastest, {total[best]:.3g} ms against {total[0]:.3g} "
        f"at batch {small} and {total[-1]:.3g} at full batch, {{}} times the best of the others",
    )


def _published(unfair: xr.Dataset, of_seeds) -> Iterator[Claim]:
    end = {str(arm): unfair.loss.sel(arm=arm).values[:, -1] for arm in unfair.arm.values}
    going, equal = end["full batch, continuing"], "full batch, equal epochs"
    yield of_seeds(
        "unfair",
        "The published full-batch run stands on, and gains by, the weights of batch 1",
        paired_difference(going, end[equal]),
        high=0,
        digits="+.3f",
        says="its validation loss ends {} against the same run from fresh weights",
    )
    yield of_seeds(
        "published_rise",
        "The validation loss rises while it continues (.151 to .176)",
        paired_difference(going, end["batch 1"]),
        low=0,
        digits="+.4f",
    )
    pairs = {
        "at equal epochs": (equal, "batch 1"),
        "at equal updates": ("full batch, equal updates", "batch 1"),
        "at equal epochs, both rates tuned": (f"{equal}, tuned", "batch 1, tuned"),
    }
    gaps = holm_intervals(np.stack([end[full] - end[one] for full, one in pairs.values()]))
    for where, name, *gap in zip(pairs, ("epochs", "updates", "tuned"), *gaps):
        yield of_seeds(
            f"batch_1_lower_{name}", "From fresh weights batch size 1 ends lower than full batch",
            Interval(*gap), low=0, where=where, digits="+.3f", says="full batch minus batch 1: {}",
        )  # fmt: skip
