"""Claims about schedules: test losses of tuned pairs, shifts of the best and the largest rate."""

from collections.abc import Iterator

import numpy as np
import xarray as xr
from scipy.stats import rankdata

from lab import protocol
from lab.statistics import holm_intervals, mean_interval, paired_difference
from lab.statistics.intervals import Interval
from lab.study import Claim, Record, Table, span
from studies.schedules.rates import limits, shift
from studies.schedules.runs import CONSTANT, COSINE, PLATEAU, Schedules

THEORY, WITHIN = 3.5, 0.1  # times that the best rate grows, and what share it may be off


def claims(record: Record[Schedules]) -> Iterator[Claim]:
    """Of the page."""
    found = outcome(record)
    for short, statement, other in (
        ("constant", "Cosine decay ends lower than a constant rate", CONSTANT),
        ("plateau", "Cosine decay ends lower than reduce on plateau", PLATEAU),
    ):
        yield from _lower(found.loss, f"cosine_below_{short}", statement, other)
    yield from _shift(record["shift"])
    yield from _warmup(record)
    tied = {name: len(of) for name, of in ties(found.loss).items()}
    share = np.array([*tied.values()]) / found.sizes["schedule"]
    yield Claim(
        "ties", "Most schedules cannot be told from the best one of their optimizer",
        Interval(share, share, share), record.settings.seeds, "seeds", low=0.5,
        says="; ".join(f"{name}: {n} of {found.sizes['schedule']}" for name, n in tied.items())
        + " schedules. One split, tuned settings: close ones may rank otherwise elsewhere",
    )  # fmt: skip


def tables(record: Record[Schedules]) -> dict[str, Table]:
    """Every schedule with every optimizer, the best ones on top."""
    found = outcome(record)
    tied, rows = ties(found.loss), []
    for schedule in ranked(found.loss):
        cells = []
        for name in found.optimizer.values.tolist():
            one = found.sel(optimizer=name, schedule=schedule)
            value = mean_interval(one.loss.values)
            cells.append(
                f"{value.estimate:.3f} ± {value.estimate - value.low:.3f} at {float(one.rate):.2g}"
                f"{' (edge)' * bool(one.at_edge)}{' =' * (schedule in tied[name])}"
            )
        rows.append([schedule, *cells])
    note = (
        "Mean test loss at the tuned peak rate ± half of its 95 % t interval. =: not to be told "
        "from the best schedule of its optimizer (paired, simultaneous 95 %). (edge): the rate is "
        "at the edge of its range."
    )
    return {"table": Table(["schedule", *found.optimizer.values.tolist()], rows, note)}


def outcome(record: Record[Schedules]) -> xr.Dataset:
    """Every pair at its tuned peak: loss (optimizer, schedule, seed), rate, and at_edge."""
    kinds = []
    for kind in ("schedule", "plateau"):
        told, chosen = record[f"report/{kind}"], protocol.select(record[f"tuning/{kind}"])
        loss = told.test_loss.drop_vars("schedule").rename(trial="schedule")
        names = chosen.learning_rate.schedule.values if kind == "schedule" else [PLATEAU]
        found = {"loss": loss, "rate": chosen.learning_rate, "at_edge": chosen.at_edge}
        kinds.append(xr.Dataset({
            name: x.reset_coords(drop=True).assign_coords(schedule=names)
            for name, x in found.items()
        }))  # fmt: skip
    return xr.concat(kinds, "schedule").transpose("optimizer", "schedule", "seed")


def ranked(loss: xr.DataArray) -> list[str]:
    """The schedules by mean place over optimizers, the best first."""
    mean = loss.mean("seed").transpose("optimizer", "schedule").values
    order = np.argsort(rankdata(mean, axis=1).mean(0), kind="stable")
    return loss.schedule.values[order].tolist()


def ties(loss: xr.DataArray) -> dict[str, list[str]]:
    """By optimizer, the schedules that cannot be told from its best."""
    found = {}
    for name in loss.optimizer.values.tolist():
        mine = loss.sel(optimizer=name).transpose("schedule", "seed")
        best = mine.isel(schedule=int(mine.mean("seed").values.argmin())).values
        gaps = paired_difference(
            mine.values, np.broadcast_to(best, mine.shape), comparisons=max(1, len(mine) - 1)
        )
        found[name] = mine.schedule.values[gaps.low <= 0].tolist()
    return found


def _lower(loss: xr.DataArray, name: str, statement: str, other: str) -> Iterator[Claim]:
    """Paired by seeds; a family of all optimizers."""
    a, b = (loss.sel(schedule=k).transpose("optimizer", "seed").values for k in (COSINE, other))
    apart = np.subtract(a, b, where=a != b, out=np.zeros(a.shape))  # two that diverged are alike
    for optimizer, *gap in zip(loss.optimizer.values, *holm_intervals(apart)):
        yield Claim(
            f"{name}_{optimizer}", statement, Interval(*gap), a.shape[-1], "seeds", high=0,
            where=str(optimizer), digits="+.4f", says="test loss {}",
        )  # fmt: skip


def _shift(record: xr.Dataset) -> Iterator[Claim]:
    constant, cosine, ratio = shift(record)
    steps, over = f"{int(record.updates[-1]):,}", (record.sizes["seed"], "seeds")
    yield Claim(
        "rate_grows", "From constant to cosine Adam's best rate grows", ratio, *over, low=1,
        says=f"{{}} times at {steps} steps here, from {span(constant)} to {span(cosine)}",
    )  # fmt: skip
    yield Claim(
        "rate_grows_as_told",
        f"From constant to cosine Adam's best rate grows {THEORY:g} times at 1,000 steps",
        ratio,
        *over,
        low=THEORY * (1 - WITHIN),
        high=THEORY * (1 + WITHIN),
        says=f"{{}} times (within {WITHIN:.0%} of {THEORY:g} would hold)",
    )


def _warmup(record: Record[Schedules]) -> Iterator[Claim]:
    kinds, lengths = record.under("warmup"), record.settings.warmups
    for name, one in kinds.items():
        usable, gain, *_ = limits(one, lengths, comparisons=len(kinds))
        step = float(one.learning_rate[1] / one.learning_rate[0])  # of the grid: the least gain
        yield Claim(
            f"warmup_{name}", "Warm-up raises the largest usable rate (Kalra & Barkeshli 2024)",
            gain, one.sizes["seed"], "seeds", low=step**0.5, where=name,
            source="Kalra & Barkeshli 2024",
            says="{} times as large with the longest warm-up within a quarter of the budget as "
            f"without, where it is {span(Interval(*(x[0] for x in usable)))} (tried in steps of "
            f"{step:.3g} times)",
        )  # fmt: skip
