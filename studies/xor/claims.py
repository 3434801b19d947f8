"""Claims about small networks on XOR: how often they solve it, and how soon."""

from collections.abc import Iterator, Mapping

import numpy as np
import xarray as xr

from lab.statistics import TimeToTarget, holm_intervals, paired_difference, time_to_target
from lab.statistics.intervals import Interval
from lab.statistics.shares import share_interval
from lab.study import Claim, Record, Table, span
from studies.xor.runs import Xor

FAILS, SUCCEEDS = 0.05, 0.95  # of starts: more is "often", declared beforehand
SEEN = "not claimed, but seen here"


def claims(record: Record[Xor]) -> Iterator[Claim]:
    """Of the page; those of one statement hold for all optimizers together."""
    reports = reports_of(record)
    done = {name: solved(report) for name, report in reports.items()}
    for name, source in (("2-2-1 sigmoid", "textbooks"), ("2-2-1 ReLU", SEEN)):
        yield from _often(done, name, f"often fails (in more than {FAILS:.0%} of starts)", source)
    for name, source in (("2-4-1 sigmoid", "textbooks"), ("2-8-1 ReLU", SEEN)):
        yield from _often(done, name, f"succeeds (in more than {SUCCEEDS:.0%})", source)
    if {"2-4-1 ReLU", "2-4-1 sigmoid"} <= set(reports):
        relu, sigmoid = (reports[name] for name in ("2-4-1 ReLU", "2-4-1 sigmoid"))
        yield from _faster(
            relu.optimizer.values.tolist(), reached(relu), reached(sigmoid), done["2-4-1 ReLU"]
        )
    if {"sgd", "adam"} <= {name for name, *_ in record.settings.optimizers}:
        yield _adam(done)


def reports_of(record: Record[Xor]) -> dict[str, xr.Dataset]:
    """The fresh runs by architecture, in their order."""
    return {name: record[f"{name}/report"].isel(trial=0) for name in record.settings.names}


def solved(report: xr.Dataset) -> xr.DataArray:
    """Whether all four corners are on their side at the end: (optimizer, seed)."""
    accuracy = report.validation_accuracy.isel(step=-1).reset_coords(drop=True)
    return (accuracy > 0.999).transpose("optimizer", "seed")


def reached(report: xr.Dataset) -> TimeToTarget:
    """The first evaluation at which they are: [optimizer, seed]."""
    wrong = 1 - report.validation_accuracy.transpose("optimizer", "seed", "step")
    return time_to_target(wrong.values, report.updates.values, 1e-3)


def tables(record: Record[Xor]) -> dict[str, Table]:
    """Every architecture under every optimizer."""
    header = ["architecture", "optimizer", "rate", "solved", "95 % Wilson", "median updates"]
    rows = []
    for name, report in reports_of(record).items():
        shares, times = share_interval(solved(report).values), reached(report)
        medians = np.median(np.where(times.hit, times.time, np.inf), -1)
        for i, optimizer in enumerate(report.optimizer.values.tolist()):
            share, low, high = (x[i] for x in shares)
            rows.append([
                name, optimizer, f"{float(report.learning_rate[i]):.2g}", f"{share:.1%}",
                f"{low:.1%}–{high:.1%}",
                f"{medians[i]:.0f}" if np.isfinite(medians[i]) else "never",
            ])  # fmt: skip
    return {"table": Table(header, rows)}


def _often(
    done: Mapping[str, xr.DataArray], name: str, statement: str, source: str
) -> Iterator[Claim]:
    """Of each optimizer: an architecture fails, or succeeds, in more than a share of starts."""
    if name not in done:
        return
    fails = "fails" in statement
    optimizers, n = done[name].optimizer.values.tolist(), done[name].sizes["seed"]
    hits = ~done[name].values if fails else done[name].values
    shares = share_interval(hits, 1 - 0.05 / len(optimizers))
    for i, optimizer in enumerate(optimizers):
        yield Claim(
            f"{name.replace(' ', '_')}_{'fails' if fails else 'succeeds'}_{optimizer}",
            f"{name} {statement}", Interval(*(x[i] for x in shares)), n, "starts",
            low=FAILS if fails else SUCCEEDS, where=optimizer, digits=".1%", source=source,
            says=f"it {'fails' if fails else 'succeeds'} in {{}} of starts",
        )  # fmt: skip


def _faster(
    optimizers: list[str], relu: TimeToTarget, sigmoid: TimeToTarget, done: xr.DataArray
) -> Iterator[Claim]:
    """Where both succeed, and in the mean time within the budget, to which failures add all."""
    within = holm_intervals(relu.time - sigmoid.time)
    for i, optimizer in enumerate(optimizers):
        statement = "2-4-1 ReLU is faster than 2-4-1 sigmoid"
        both = relu.hit[i] & sigmoid.hit[i]
        if both.sum() >= 2:
            gap = paired_difference(
                relu.time[i][both], sigmoid.time[i][both], comparisons=len(optimizers)
            )
            yield Claim(
                f"relu_is_faster_where_both_succeed_{optimizer}", statement, gap, int(both.sum()),
                "starts", high=0, where=f"{optimizer}, where both succeed", digits="+.0f",
                says=f"mean difference {{}} updates over {int(both.sum())} starts",
            )  # fmt: skip
        yield Claim(
            f"relu_is_faster_{optimizer}", statement, Interval(*(x[i] for x in within)),
            both.size, "starts", high=0, digits="+.0f",
            where=f"{optimizer}, in the mean time restricted to the budget",
            says=f"difference {{}} updates; 2-4-1 ReLU solves XOR in {done.values[i].mean():.1%} "
            "of starts",
        )  # fmt: skip


def _adam(done: Mapping[str, xr.DataArray]) -> Claim:
    points = [
        100.0 * (one.sel(optimizer="adam") - one.sel(optimizer="sgd").astype(float)).values
        for one in done.values()
    ]
    gaps = holm_intervals(np.array(points))
    each = (Interval(*(x[i] for x in gaps)) for i in range(len(done)))
    return Claim(
        "adam_is_surer", "Tuned Adam is surer than tuned gradient descent, with every architecture",
        gaps, len(points[0]), "starts", low=0, source=SEEN,
        says="points of success more: "
        + ", ".join(f"{name} {span(gap, '+.1f')}" for name, gap in zip(done, each)),
    )  # fmt: skip
