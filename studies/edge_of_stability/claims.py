"""Claims about sharpness: who settles at the edge, what the loss does there, what looking costs."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr

from lab.statistics import mean_interval, paired_difference
from lab.statistics.intervals import Interval
from lab.study import Claim, Record, Table, span
from studies.edge_of_stability.runs import label
from studies.edge_of_stability.settings import EdgeOfStability

TOLERANCE = 0.1  # of the edge: closer than this is settled
CHEAP = 0.15  # of a sweep's processor time
SURE = 0.01  # of λ₁: its error bound
BEYOND = (1.0, 2.5)  # sharpness at the start, in edges, of the rates that the claim is about
ORDINARY = ("norms", "activations")
DESCENT = "gradient descent"
CLAIMS = {
    DESCENT: ("With squared loss full-batch gradient descent", "Cohen et al. 2021"),
    "gradient descent, cross-entropy": ("With cross-entropy it too", "Cohen et al. 2021"),
    "heavy ball": ("Heavy ball (β = 0.9, rate warmed up)", "Cohen et al. 2021"),
    "Adam": ("Adam's preconditioned sharpness", "Cohen et al. 2022"),
}
Arms = dict[str, xr.Dataset]


def followed(record: Record[EdgeOfStability]) -> Arms:
    """The parts of the arms, by name."""
    return {name: record[label(name)] for name in record.settings.arms}


def claims(record: Record[EdgeOfStability]) -> Iterator[Claim]:
    """Of the page."""
    arms = followed(record)
    over: dict[str, Any] = {"n": record.settings.seeds, "unit": "seeds"}
    for name, arm in arms.items():
        yield settles(name, arm, len(arms), over)
    yield from _descent(arms[DESCENT], {**over, "source": "Cohen et al. 2021"})
    yield _bounds(arms, over)
    yield from costs(record["price"], record.settings.lanczos)


def tables(record: Record[EdgeOfStability]) -> dict[str, Table]:
    """Sharpness at the start and at the end, and the loss, of every rate."""
    header = ["arm", "rate", "sharpness at the start", "at the end", "range over seeds", "loss"]
    rows = []
    for name, arm in followed(record).items():
        edges, loss = in_edges(arm), path(arm, "loss")
        for k, rate in enumerate(arm.learning_rate.values):
            end = last_quarter(edges[k])
            rows.append([
                name, f"{rate:.3g}", span(mean_interval(edges[k, :, 0])),
                span(mean_interval(end)), f"{end.min():.3g} to {end.max():.3g}",
                span(mean_interval(loss[k, :, -1]), ".2g"),
            ])  # fmt: skip
    note = (
        "Mean, 95 % t interval. Sharpness in units of the rate's edge; at the end: mean over the "
        "last quarter."
    )
    return {"table": Table(header, rows, note)}


def path(arm: xr.Dataset, what: str) -> np.ndarray:
    """Sharpness, bound or loss along the training: [rate, S, T]."""
    return arm[what].transpose("learning_rate", "seed", "probe_step").values


def in_edges(arm: xr.Dataset) -> np.ndarray:
    """Sharpness over the edge of each rate: [rate, S, T]."""
    return path(arm, "sharpness") * arm.learning_rate.values[:, None, None] / arm.attrs["edge"]


def last_quarter(values: np.ndarray) -> np.ndarray:
    """Mean over the last quarter of the points: [..., T] -> [...]."""
    return values[..., -(-3 * values.shape[-1] // 4) :].mean(-1)


def rises(loss: np.ndarray) -> np.ndarray:
    """Share of looks in the second half at which the loss is above the look before: [..., T]."""
    half = loss[..., loss.shape[-1] // 2 :]
    return (np.diff(half) > 0).mean(-1)


def claimed(arm: xr.Dataset) -> np.ndarray:
    """Rates at which every start is beyond the edge; all where they do not follow from it."""
    low, high = BEYOND if arm.attrs["by_start"] else (-np.inf, np.inf)
    first = in_edges(arm)[..., 0]
    return np.all((first >= low) & (first <= high), -1)


def settles(name: str, arm: xr.Dataset, comparisons: int, over: dict[str, Any]) -> Claim:
    """Whether sharpness ends at the edge, at every rate that is claimed."""
    which = claimed(arm)
    ends, rates = last_quarter(in_edges(arm)[which]), arm.learning_rate.values[which]
    statement, source = CLAIMS[name]
    found = Interval(*np.full((3, 1), np.nan))  # where there is no such rate
    if which.any():
        found = mean_interval(ends, level=1 - 0.05 / comparisons)
    numbers = "; ".join(
        f"{span(Interval(*one), '.3f')} of the edge at η = {rate:.2g}"
        for rate, one in zip(rates, zip(*found))
    )
    near = int((np.abs(ends - 1) < TOLERANCE).sum())
    start = f" of {BEYOND[0]:g} to {BEYOND[1]:g} edges at the start" * arm.attrs["by_start"]
    return Claim(
        f"{label(name).replace('-', '_').lower()}_settles",
        f"{statement} settles within {TOLERANCE:.0%} of {arm.attrs['edge']:.3g}/η", found,
        low=1 - TOLERANCE, high=1 + TOLERANCE, where=f"{which.sum()} rates{start}", source=source,
        says=f"{numbers}; {near} of {ends.size} runs within {TOLERANCE:.0%}", **over,
    )  # fmt: skip


def _descent(descent: xr.Dataset, over: dict[str, Any]) -> Iterator[Claim]:
    slow, early = in_edges(descent)[0], descent.sizes["probe_step"] // 20
    grown = mean_interval(np.log(last_quarter(slow) / slow[:, early]))
    yield Claim(
        "sharpens",
        "Below the edge sharpness rises by itself (progressive sharpening)",
        Interval(*(np.exp(v) for v in grown)),
        low=1,
        where=f"gradient descent at η = {float(descent.learning_rate[0]):.2g}",
        says=f"{{}} times that after {int(descent.probe_step[early])} updates; it ends at "
        f"{span(mean_interval(last_quarter(slow)))} of the edge",
        **over,
    )
    loss = path(descent, "loss")
    calm, edgy = rises(loss[0]), rises(loss[-1])
    yield Claim(
        "loss_rises", "At the edge the loss goes up and down", paired_difference(edgy, calm), low=0,
        says="in the second half it is above the look before at "
        f"{edgy.mean():.0%} of the looks at the highest rate and {calm.mean():.0%} at the lowest, "
        "a difference in shares of {}", digits="+.2f", **over,
    )  # fmt: skip
    fallen = loss[-1, :, -1] / loss[-1, :, loss.shape[-1] // 2]
    yield Claim(
        "loss_falls", "… and yet falls", mean_interval(fallen), high=1,
        says="it is multiplied by {} over that half", **over,
    )  # fmt: skip


def _bounds(arms: Arms, over: dict[str, Any]) -> Claim:
    shares = [path(arm, "bound") / path(arm, "sharpness") for arm in arms.values()]
    every = np.concatenate([x.transpose(1, 0, 2).reshape(x.shape[1], -1) for x in shares], 1)
    return Claim(
        "bound", f"λ₁ is known to within {SURE:.0%} at the median look",
        mean_interval(np.median(every, -1)), high=SURE, digits=".1g",
        says=f"error bound {{}} of λ₁; {(every < SURE).mean():.1%} of the looks below {SURE:g}, at "
        f"most {every.max():.1g}", **over,
    )  # fmt: skip


def costs(price: xr.Dataset, lanczos: int) -> Iterator[Claim]:
    """Whether looking is cheap, and what a look costs."""
    extra = price.ratio.transpose("case", "repeat").values - 1
    cases = list(zip(price.probe.values.tolist(), price.period.values.tolist()))
    found = {case: mean_interval(values) for case, values in zip(cases, extra)}
    over: dict[str, Any] = {"n": extra.shape[-1], "unit": "repeats", "source": "this lab"}
    if ("both", 10) in found:
        alone = (f"{p} alone {span(x, '.1%')}" for (p, _), x in found.items() if p in ORDINARY)
        yield Claim(
            "cheap",
            "Norms and activations of all layers, looked at every 10 updates, cost below "
            f"{CHEAP:.0%} of the processor time of an ordinary sweep", found["both", 10],
            high=CHEAP, where="digits, SGD, batch 32", digits=".1%",
            says=f"together they add {{}}; {', '.join(alone)}", **over,
        )  # fmt: skip
    lanczos_cases = {period: x for (p, period), x in found.items() if p == "λ₁"}
    if lanczos_cases:
        often = min(lanczos_cases)
        added = ", ".join(f"{span(x, '.1%')} every {period}" for period, x in lanczos_cases.items())
        yield Claim(
            "curvature_dear",
            f"A look at λ₁ costs more than an update for each of the {lanczos} steps of Lanczos",
            Interval(*(often * v for v in lanczos_cases[often])),
            low=lanczos,
            where="full batches",
            says=f"{{}} updates a look: it adds {added} updates",
            **over,
        )
