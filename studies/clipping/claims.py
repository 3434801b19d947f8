"""Claims about clipping: who has cliffs, who trains, who survives, who has loss spikes."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import xarray as xr

from lab.statistics import holm_intervals, mean_interval, usable_decades
from lab.statistics.intervals import Interval
from lab.study import Claim, Record, Table, fact, span
from studies.clipping.runs import PLAIN, Clipping, label, taken

TITLES = {"recurrent": "recurrent net", "deep": "12-layer MLP"}
SPELT = {"global norm": "by global norm", "adaptive": "adaptively"}
TRAINED = 0.5  # of the way from guessing to perfection, at the end of the budget
SPIKE, BEFORE = 3.0, 20  # a loss so many times the median of the so many batches before
CLIFF = 10.0  # largest gradient norm of a run over its median: beyond it there are cliffs
PASCANU = "Pascanu, Mikolov & Bengio 2013"

Nets = Mapping[str, Mapping[str, xr.Dataset]]  # net -> way -> part


def nets(record: Record[Clipping]) -> Nets:
    """The parts of each net, by the way to clip."""
    s = record.settings
    return {net: {way: record[label(net, way)] for way in s.ways} for net in s.nets}


def claims(record: Record[Clipping]) -> Iterator[Claim]:
    """Of the page."""
    over: dict[str, Any] = {"n": record.settings.seeds, "unit": "seeds", "source": PASCANU}
    found = nets(record)
    yield from _parabola(record["example"].w)
    yield from _cliffs(found, over)
    yield from _gains(found, over)
    yield from _direction(found, over)


def tables(record: Record[Clipping]) -> dict[str, Table]:
    """Each net under each way to clip, at its best rate and over all rates."""
    header = [
        "net", "clipping", "threshold", "best rate", "progress there", "decades trained",
        "decades not diverged", "spikes per 1,000",
    ]  # fmt: skip
    rows = []
    for net, ways in nets(record).items():
        for way, part in ways.items():
            at = best(part)
            measured = (part.progress.values[at], ".0%"), (trained(part), ".2f"), (
                alive(part), ".2f"), (spike_rates(part).mean(0), ".1f")  # fmt: skip
            tried = dict(record.settings.clips).get(way, (np.inf,))
            chosen = float(part.threshold)
            edge = " (edge)" * (chosen in (min(tried), max(tried)))
            rows.append([
                TITLES[net], way, f"{chosen:g}{edge}" if np.isfinite(chosen) else "–",
                f"{float(part.learning_rate[at]):.2g}",
                *(span(mean_interval(values), form) for values, form in measured),
            ])  # fmt: skip
    return {"table": Table(header, rows, "Edge: the smallest or largest threshold tried.")}


def best(part: xr.Dataset) -> int:
    """The place of its tuned rate."""
    return int(np.abs(part.learning_rate.values - float(part.tuned_rate)).argmin())


def trained(part: xr.Dataset) -> np.ndarray:
    """Decades of learning rate at which a seed trains: [seed]."""
    return usable_decades(part.progress.values.T, part.learning_rate.values, TRAINED)


def alive(part: xr.Dataset) -> np.ndarray:
    """The same at which it does not diverge."""
    kept = part.diverged_at.values.T < 0
    return usable_decades(kept.astype(float), part.learning_rate.values, 1.0)


def spikes(loss: np.ndarray, diverged_at: int) -> int:
    """Loss spikes of a run [T]: stretches above `SPIKE` times the median of `BEFORE` losses.

    A stretch counts once; what comes after a divergence does not count, nor does the divergence.
    """
    loss = loss[: diverged_at if diverged_at >= 0 else None]
    if len(loss) <= BEFORE:
        return 0
    windows = np.lib.stride_tricks.sliding_window_view(loss[:-1], BEFORE)
    high = loss[BEFORE:] > SPIKE * np.median(windows, -1)
    return int(high[0]) + int((high[1:] & ~high[:-1]).sum())


def spike_rates(part: xr.Dataset) -> np.ndarray:
    """Spikes per 1,000 updates that were taken: [rate, seed]."""
    loss, at = part.loss.values, part.diverged_at.values
    updates = np.where(at >= 0, np.maximum(at, 1), loss.shape[-1])
    counts = [[spikes(x, int(k)) for x, k in zip(*row)] for row in zip(loss, at)]
    return 1000 * np.array(counts) / updates


def steepness(part: xr.Dataset, at: int) -> np.ndarray:
    """Ln of the largest gradient norm over the median one, before a run diverged: [seed]."""
    found = []
    for seed in range(part.sizes["seed"]):
        one = part.isel(learning_rate=at, seed=seed)
        norms = one.norm.values[: max(1, taken(one))].astype(float)
        norms = norms[np.isfinite(norms)]
        found.append(np.log(norms.max() / np.median(norms)))
    return np.array(found)


def _parabola(w: xr.DataArray) -> Iterator[Claim]:
    paths = {SPELT.get(way, way): w.sel(clip=way).values for way in w["clip"].values.tolist()}
    plain = paths.pop(PLAIN)
    updates = len(plain) - 1
    yield fact(
        "minus_nine",
        "W = 1 − 0.1 · 100 = −9; clipped it takes a small step",
        bool(np.isclose(plain[1], -9)) and all(abs(x[1]) < 1 for x in paths.values()),
        f"{plain[1]:g} without clipping and {plain[-1]:.2g} after {updates} updates; "
        + ", ".join(f"{x[1]:g} {way}" for way, x in paths.items()),
    )
    left = {way: np.abs(x[-10:]).max() for way, x in paths.items()}
    yield fact(
        "cures",
        "Clipping cures a rate that is too large",
        max(left.values()) < 1e-2,
        f"over the last 10 of {updates} updates |w| still gets as far as "
        + ", ".join(f"{x:.2g} {way}" for way, x in left.items())
        + "; the minimum is at 0, where a gradient too small to be clipped takes the long step",
    )


def _cliffs(found: Nets, over: dict[str, Any]) -> Iterator[Claim]:
    plain = {net: ways[PLAIN] for net, ways in found.items()}
    steep = np.stack([steepness(part, best(part)) for part in plain.values()])
    times = [np.exp(x) for x in holm_intervals(steep, against=np.log(CLIFF))]
    for i, (net, part) in enumerate(plain.items()):
        yield Claim(
            f"cliffs_{net}",
            "The gradient has cliffs (largest norm over ten times the run's median)",
            Interval(*(x[i] for x in times)),
            low=CLIFF,
            says="{} times",
            where=f"{TITLES[net]} without clipping at its best rate, {float(part.tuned_rate):.2g}",
            **over,
        )


def _gains(found: Nets, over: dict[str, Any]) -> Iterator[Claim]:
    pairs = [(net, way) for net, ways in found.items() for way in ways if way != PLAIN]
    compared = [compare(found[net][PLAIN], found[net][way]) for net, way in pairs]
    for name, (statement, _, digits, _) in compared[0].items():
        gains = holm_intervals(np.stack([one[name][1] for one in compared]))
        for i, (net, way) in enumerate(pairs):
            yield Claim(
                f"{name}_{label(net, way).replace('/', '_')}",
                f"Clipping {SPELT.get(way, way)} {statement}",
                Interval(*(x[i] for x in gains)), low=0, where=TITLES[net], digits=digits,
                says=compared[i][name][3], **over,
            )  # fmt: skip


def compare(plain: xr.Dataset, part: xr.Dataset) -> dict[str, tuple[str, np.ndarray, str, str]]:
    """What is claimed of clipping: in words, gains of each seed, how they are written and said."""
    at = best(plain)
    few, spiky = trained(plain), spike_rates(plain)[at]
    return {
        "trains": (
            "widens the range of rates that train", trained(part) - few, "+.2f",
            f"by {{}} decades over {few.mean():.2f}",
        ),
        "survives": (
            "widens the range of rates that do not diverge", alive(part) - alive(plain), "+.2f",
            f"by {{}} decades over {alive(plain).mean():.2f}",
        ),
        "spikes": (
            "leaves fewer loss spikes", spiky - spike_rates(part)[at], "+.1f",
            f"at {float(plain.tuned_rate):.2g} {{}} per 1,000 updates fewer than "
            f"{spiky.mean():.1f}",
        ),
        "further": (
            "trains further, each at its own rate",
            100 * (part.progress.values[best(part)] - plain.progress.values[at]), "+.0f",
            "by {} points of the way to perfection",
        ),
    }  # fmt: skip


def _direction(found: Nets, over: dict[str, Any]) -> Iterator[Claim]:
    both = [ways for ways in found.values() if {"global norm", "by value"} <= ways.keys()]
    if both:
        gains = holm_intervals(
            np.stack([trained(ways["global norm"]) - trained(ways["by value"]) for ways in both])
        )
        for i, net in enumerate(found):
            yield Claim(
                f"direction_{net}",
                "Keeping the gradient's direction matters: by global norm more rates train than by "
                "value",
                Interval(*(x[i] for x in gains)), low=0, where=TITLES[net], digits="+.2f",
                says="{} decades", **over,
            )  # fmt: skip
