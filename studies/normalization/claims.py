"""What textbooks claim of batch normalization, each claim judged by the record."""

from collections.abc import Iterator

import numpy as np
import xarray as xr

from lab.statistics import holm_intervals, mean_interval, paired_difference, usable_decades
from lab.statistics.intervals import Interval
from lab.study import Claim, Record, Table, span
from lab.study.families import family
from studies.normalization import usable
from studies.normalization.runs import Normalization

SMALL = 16  # batches below it are said to be too small
FEW = 3  # layers up to which batch normalization is said not to pay
MUCH = 1.0  # points of accuracy from which on it would
NOTHING = 20.0  # % correct, of ten classes


def claims(record: Record[Normalization]) -> Iterator[Claim]:
    """Of the page."""
    yield from _by_batch_size(record.under("batch_size"))
    yield from usable.rates(record)
    yield from usable.speed(record)
    yield from usable.initial(record)
    yield from _depth(record["depth"])
    yield from _modes(record.under("batch_size"))
    yield _stale(record["running"])


def tables(record: Record[Normalization]) -> dict[str, Table]:
    """By batch size: accuracy, gain and rate; and what of rates and initial scales is usable."""
    s = record.settings
    rows = [
        [name, norm, str(size), f"{float(one.rate):.2g}",
         span(mean_interval(100 * one.accuracy.values), ".1f"),
         "" if norm == "none" else span(gain(net.sel(batch_size=size).accuracy, norm), "+.1f")]
        for name, net in record.under("batch_size").items()
        for norm in net.norm.values.tolist()
        for size in net.batch_size.values.tolist()
        for one in [net.sel(norm=norm, batch_size=size)]
    ]  # fmt: skip
    note = (
        "Accuracy on validation rows in %; gain: points above no normalization, seed by seed; mean "
        "and 95 % t interval."
    )
    decades = []
    for name, part in record.under("rates").items():
        for norm in part.norm.values.tolist():
            ends, scales = usable.ends_of(part, norm), usable.usable_scales(record, name, norm)
            most = np.array(s.wide)[(ends >= s.usable).mean(0) >= 0.5]
            decades.append([
                name, norm, span(mean_interval(usable_decades(ends, s.wide, s.usable)), ".2f"),
                f"{most.max():.2g}" if len(most) else "none", span(mean_interval(scales), ".2f"),
            ])  # fmt: skip
    header = ["net", "norm", "decades of rates", "largest rate", "decades of initial scales"]
    said = f"Decades with at least {s.usable:.0%}, counted seed by seed, at batch {s.batch}."
    return {
        "table": Table(["net", "norm", "batch", "rate", "accuracy", "gain"], rows, note),
        "usable": Table(header, decades, said),
    }


def gain(accuracy: xr.DataArray, norm: str = "batch") -> Interval:
    """Points of accuracy above no normalization, paired by seed."""
    return mean_interval(_gains(accuracy, norm))


def _gains(accuracy: xr.DataArray, norm: str = "batch") -> np.ndarray:
    gap = 100 * (accuracy.sel(norm=norm) - accuracy.sel(norm="none"))
    return gap.transpose(..., "seed").values


def _by_batch_size(nets: dict[str, xr.Dataset]) -> Iterator[Claim]:
    sizes = next(iter(nets.values())).batch_size.values
    gains = np.array([_gains(net.accuracy) for net in nets.values()])  # [nets, sizes, S]
    cells = holm_intervals(gains.reshape(-1, gains.shape[-1]))
    for i, name in enumerate(nets):
        gaps = Interval(*(v.reshape(gains.shape[:2])[i] for v in cells))
        large, small = sizes >= SMALL, (sizes > 1) & (sizes < SMALL)
        numbers = ", ".join(f"{n}: {span(Interval(*gap), '+.1f')}" for n, *gap in zip(sizes, *gaps))
        yield Claim(
            f"better_at_large_batches_{i + 1}",
            f"Batch norm is better at batches of {SMALL} and more",
            Interval(*(v[large] for v in gaps)), gains.shape[-1], "seeds", low=0, where=name,
            says=f"points by batch size: {numbers}",
        )  # fmt: skip
        yield Claim(
            f"worse_at_small_batches_{i + 1}", f"It is worse than nothing below batch {SMALL}",
            Interval(*(v[small] for v in gaps)), gains.shape[-1], "seeds", high=0, where=name,
            digits="+.1f", says=f"{{}} points at batch {', '.join(map(str, sizes[small]))}",
        )  # fmt: skip
    alone = {
        name: 100 * net.accuracy.sel(norm="batch", batch_size=1).values
        for name, net in nets.items()
    }
    yield from family(
        "learns_nothing_at_1", "It learns nothing at batch 1", alone, "seeds", high=NOTHING,
        digits=".1f", says=f"{{}} % (below {NOTHING:g} % would hold; chance is 10 %)",
    )  # fmt: skip


def _depth(depth: xr.Dataset) -> Iterator[Claim]:
    layers, n = depth.layers.values, depth.sizes["seed"]
    gains = holm_intervals(_gains(depth.accuracy.transpose("norm", "layers", "seed")))
    numbers = ", ".join(f"{k}: {span(Interval(*gap), '+.1f')}" for k, *gap in zip(layers, *gains))
    yield Claim(
        "pays_when_deep", f"It pays above {FEW} layers",
        Interval(*(v[layers > FEW] for v in gains)), n, "seeds", low=0, where="ReLU under He",
        says=f"points by layers: {numbers}",
    )  # fmt: skip
    yield Claim(
        "does_not_pay_when_shallow", f"And not up to {FEW}",
        Interval(*(v[layers <= FEW] for v in gains)), n, "seeds", high=MUCH, digits="+.1f",
        says=f"{{}} points (below {MUCH:g} would hold)",
    )  # fmt: skip

    def mean(what: str, norm: str) -> np.ndarray:
        return depth[what].sel(norm=norm).transpose("seed", "layers").values.mean(-1)

    yield Claim(
        "before_the_non_linearity", "Before the non-linearity is better than after it",
        paired_difference(100 * mean("accuracy", "batch"), 100 * mean("accuracy", "batch, after")),
        n, "seeds", low=0, where="all depths together", digits="+.2f", says="{} points",
    )  # fmt: skip
    yield Claim(
        "regularizes", "It is a mild regularizer (validation less training loss is smaller)",
        paired_difference(mean("overfit", "batch"), mean("overfit", "none")), n, "seeds", high=0,
        where="all depths together", digits="+.3f", says="{} nats",
    )  # fmt: skip


def _modes(nets: dict[str, xr.Dataset]) -> Iterator[Claim]:
    rises, said = {}, []
    for name, net in nets.items():
        gaps = {int(n): net.gap.sel(norm="batch", batch_size=n).values for n in net.batch_size}
        least, most = min(n for n in gaps if n > 1), max(gaps)
        rises[name] = np.abs(gaps[least]) - np.abs(gaps[most])
        numbers = ", ".join(f"{n}: {span(mean_interval(x), '+.3g')}" for n, x in gaps.items())
        said.append(
            f"the absolute difference is {{}} nats larger at batch {least} than at {most}; "
            f"inference − training by batch size: {numbers}"
        )
    yield from family(
        "modes_differ", "Inference differs from training the more the smaller the batch", rises,
        "seeds", low=0, digits="+.3f", says=said,
    )  # fmt: skip


def _stale(running: xr.Dataset) -> Claim:
    one = running.isel(batch_size=-1)
    stale, fresh = (one.isel(momentum=i) for i in (-2, -1))
    points = paired_difference(100 * stale.accuracy.values, 100 * fresh.accuracy.values)
    return Claim(
        "stale_averages", f"A momentum of {stale.momentum.item()} is stale on short runs",
        paired_difference(stale.gap.values, fresh.gap.values), running.sizes["seed"], "seeds",
        low=0, where=f"batch {int(one.batch_size)}", digits="+.3f", says="its gap is {} nats above "
        f"the matched one's, its accuracy {span(points, '+.1f')} points",
    )  # fmt: skip
