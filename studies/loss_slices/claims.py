"""Claims about slices: what planes tell of a path, and which minimum is the sharper one."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr

from lab.statistics import holm_intervals, mean_interval
from lab.statistics.intervals import Interval
from lab.statistics.shares import share_interval
from lab.study import Claim, Record, Table, span
from studies.loss_slices.settings import LossSlices, label
from studies.loss_slices.slicing import PLANES

TRUTHFUL = 1.1  # a picture that is off by less, on average over the path, tells the truth
STEP = 0.25  # along a direction: where sharpness is read, declared beforehand
BLIND, SAME = 0.01, 0.01  # shares of a path's variance, and of the loss, that are nothing
SMALL, LARGE = "SGD, batch 16", "SGD, batch 512"


def claims(record: Record[LossSlices]) -> Iterator[Claim]:
    """Of the page."""
    arms = arms_of(record)
    over: dict[str, Any] = {"n": record.settings.seeds, "unit": "seeds"}
    yield from _variance(arms, over)
    yield from _truth(arms, over)
    yield from _of_all_arms(arms, over)
    yield from _batches(arms[SMALL], arms[LARGE], record.settings.level, over)
    yield _rescaled(arms[SMALL], over)


def arms_of(record: Record[LossSlices]) -> dict[str, xr.Dataset]:
    """The ways to train by their names."""
    return {name: record[label(name)] for name, *_ in record.settings.arms}


def factors(arm: xr.Dataset) -> xr.DataArray:
    """Ln of how far a plane is off, the mean over the path of |ln(shown / true)|: (plane, seed)."""
    return np.abs(np.log(arm.shown / arm.true)).mean("point").transpose("plane", "seed")


def sharpness(arm: xr.Dataset, place: str, kind: str) -> np.ndarray:
    """Ln of the mean rise of the loss `STEP` along random directions, both ways: [seed]."""
    along = arm.line.sel(place=place, kind=kind)
    away = along.sel(reach=[-STEP, STEP], method="nearest").mean("reach")
    rise = (away - along.sel(reach=0.0, method="nearest")).values
    return np.log(np.maximum(rise, 1e-9))  # a fall is no sharpness, and has no logarithm


def tables(record: Record[LossSlices]) -> dict[str, Table]:
    """Every plane under every way to train."""
    header = ["arm", "rate", "plane", "share of variance", "off by a factor of", "worst"]
    rows = []
    for name, arm in arms_of(record).items():
        off, edge = factors(arm), " (edge)" if bool(arm.at_edge) else ""
        worst = np.exp(np.abs(np.log(arm.shown / arm.true)).max(("seed", "point")))
        for plane, words in PLANES.items():
            share = mean_interval(arm.share.sel(plane=plane).values)
            rows.append([
                name, f"{float(arm.rate):.2g}{edge}", words, span(share),
                span(_factor(mean_interval(off.sel(plane=plane).values))),
                f"{float(worst.sel(plane=plane)):.3g}",
            ])  # fmt: skip
    note = (
        "Mean, 95 % t interval (geometric for factors). Factor: how far the loss on the plane is "
        "off, averaged over the path; worst: at any point of any seed."
    )
    return {"table": Table(header, rows, note)}


def _factor(logs: Interval) -> Interval:
    return Interval(*map(np.exp, logs))


def _each(x: Interval) -> Iterator[Interval]:
    return (Interval(*row) for row in zip(*x))


def _variance(arms: dict[str, xr.Dataset], over: dict[str, Any]) -> Iterator[Claim]:
    for name, arm in arms.items():
        share = arm.share.sel(plane="principal").values
        yield Claim(
            f"share_{label(name)}", "Two directions hold 40–90 % of a path's variance",
            mean_interval(share, level=1 - 0.05 / len(arms)), low=0.4, high=0.9, where=name,
            digits=".1%", says="{}; a random walk's hold 76 %", source="Li et al. 2018", **over,
        )  # fmt: skip


def _truth(arms: dict[str, xr.Dataset], over: dict[str, Any]) -> Iterator[Claim]:
    off = np.array([factors(arm).sel(plane=["principal", "chord"]) for arm in arms.values()])
    both = (_each(_factor(holm_intervals(off[:, i], np.log(TRUTHFUL)))) for i in (0, 1))
    for (name, arm), off, other in zip(arms.items(), *both):
        logs = np.log(arm.shown / arm.true).sel(plane="principal")
        start, low = float(np.exp(logs.isel(point=0)).mean()), float((logs < 0).mean())
        yield Claim(
            f"truth_{label(name)}", "The contours below a path are its loss "
            f"(within {TRUTHFUL - 1:.0%} on average; principal plane)", off, high=TRUTHFUL,
            where=name, says=f"off by a factor of {{}}, at worst {np.exp(np.abs(logs).max()):.3g}; "
            f"too low at {low:.0%} of the points, and at the start {start:.2f} of the truth; "
            f"start–end plane: {span(other)}", **over,
        )  # fmt: skip


def _of_all_arms(arms: dict[str, xr.Dataset], over: dict[str, Any]) -> Iterator[Claim]:
    """Arms share their seeds: a seed counts once."""
    share = np.stack([a.share.sel(plane="random").values for a in arms.values()]).max(0)
    off = np.stack([factors(a).sel(plane="random").values for a in arms.values()]).mean(0)
    yield Claim(
        "random_directions_are_blind", "Random directions show nothing of the path "
        f"(hold less than {BLIND:.0%} of its variance, with every arm)", mean_interval(share),
        high=BLIND, digits=".2%", source="Li et al. 2018",
        says=f"they hold {{}} with the arm where it is most, at most {share.max():.2%}, and their "
        f"loss is off by a factor of {span(_factor(mean_interval(off)))}, all arms together",
        **over,
    )  # fmt: skip
    falls = np.all([(np.diff(a.chord.values, axis=-1) <= 0).all(-1) for a in arms.values()], 0)
    points = next(iter(arms.values())).sizes["between"]
    yield Claim(
        "straight_line_falls", "On the straight line from start to end the loss only falls, for "
        "most seeds", share_interval(falls), low=0.5, digits=".0%", source="Goodfellow et al. 2015",
        says=f"at {points} points for every arm on {falls.sum()} of {falls.size} seeds, {{}}",
        **over,
    )  # fmt: skip


def _batches(
    small: xr.Dataset, large: xr.Dataset, level: float, over: dict[str, Any]
) -> Iterator[Claim]:
    """Ratios of the rise of the loss, at one training loss and after one budget."""
    there = " and ".join(str(int(arm.level_reached.sum())) for arm in (small, large))
    level_words = f"at the first training loss of at most {level:g}, which {there} seeds reached"
    places = {"level": level_words, "end": "after the budget"}
    kinds = {"filters": "with normalized filters", "raw": "with raw directions"}
    cells = [(place, kind) for place in places for kind in kinds]
    logs = holm_intervals([sharpness(large, *cell) - sharpness(small, *cell) for cell in cells])
    for (place, kind), ratio in zip(cells, _each(_factor(logs))):
        a, b = (float(x.line.sel(place=place, kind=kind, reach=0).mean()) for x in (small, large))
        yield Claim(
            f"large_batches_end_sharper_{place}_{kind}", "Batch 512 ends sharper than batch 16",
            ratio, low=1, where=f"{places[place]}, {kinds[kind]}",
            says=f"{{}} times the rise; training loss there: {a:.2g} and {b:.2g}",
            source="Keskar et al. 2017, Li et al. 2018", **over,
        )  # fmt: skip


def _rescaled(arm: xr.Dataset, over: dict[str, Any]) -> Claim:
    twin, end = (arm.line.sel(place=place, kind="filters") for place in ("twin", "end"))
    apart = np.abs(np.log(twin / end)).max("reach").values
    raw = _factor(mean_interval(sharpness(arm, "twin", "raw") - sharpness(arm, "end", "raw")))
    return Claim(
        "filters_do_not_see_scale",
        "Normalized filters do not see a rescaling that leaves the function alone "
        f"(within {SAME:.0%})",
        mean_interval(apart),
        high=SAME,
        says=f"the slices of network and twin differ by at most {apart.max():.1e} of the loss "
        f"(single precision), {{}} on average; raw ones make the twin {span(raw)} times as sharp",
        source="Li et al. 2018",
        digits=".1e",
        **over,
    )
