"""Claims about speed: means over interleaved rounds, of ratios that are formed within a round."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr

from lab.statistics import hodges_lehmann, holm_intervals, mean_interval
from lab.statistics.intervals import Interval
from lab.study import Claim, Record, span
from lab.study.families import family
from studies.speed.cases import Case
from studies.speed.executors import ONE
from studies.speed.settings import KERAS, LAB, LOOP, SEARCH, STEPS, Speed

HERE = "this lab"  # who says so
# Everything below was declared before it was measured.
SHARES = {Case(64, 128, 64): 62, Case(64, 32, 32): 32}  # of the peak, in %, at least
VMAP, EAGER = "torch.func.vmap", "PyTorch eager"
TIMES = {  # run-steps per second, at least so many times those of a way
    Case(64, 128, 64): {LOOP: 2.7, KERAS: 3.5, VMAP: 3.5, EAGER: 8.0},
    Case(64, 32, 32): {LOOP: 17.0, KERAS: 28.0, VMAP: 7.0, EAGER: 55.0},
    Case(64, 32, 8): {LOOP: 25.0},
}
WORDS = {LOOP: "loop", KERAS: "keras", VMAP: "vmap", EAGER: "eager", STEPS: "steps"}
TRIALS = {STEPS: 10.0, KERAS: 20.0}  # trials per second, at least so many times those of a way
COMPILED = {"cold": 1.6, "warm": 0.5}  # seconds at most
INSIDE = 90  # % of a minute in compiled training and evaluation, at least
EVALUATED = 15  # % of the time of training, at most
KEPT = 5  # % of time that checkpoints cost, at most
OF_ONE = 0.95  # of the run-steps per second of one process, at least
DEARER = 0.1  # margin of "no more"
SLOWER = (1.05, 1.2)  # times optax's


class Asked(NamedTuple):
    """Is the mean of `values`, one of each round, above (or below) `limit`?"""

    name: str
    statement: str
    values: np.ndarray
    limit: float
    where: str = ""
    says: str = "{} times"
    at_most: bool = False


def claims(record: Record[Speed]) -> Iterator[Claim]:
    """Of every panel that was measured; what is asked of several is corrected for their number."""
    for name in record:
        for asked in ASKED[name]:
            yield from asked(record[name], record.settings)


def judged(asked: Sequence[Asked]) -> Iterator[Claim]:
    """A family of claims with limits of their own: t intervals over rounds, by Holm's steps."""
    scaled = np.array([one.values / one.limit for one in asked])
    for one, *found in zip(asked, *(holm_intervals(scaled, against=1.0) if asked else ())):
        limit = {"high" if one.at_most else "low": one.limit}
        yield Claim(
            one.name, one.statement, Interval(*(one.limit * x for x in found)), len(one.values),
            "rounds", where=one.where, says=one.says, source=HERE, **limit,
        )  # fmt: skip


def _peak(record: xr.Dataset, s: Speed) -> Iterator[Claim]:
    shares = 100 * record.rate.sel(way=LAB) * record.flops / record.peak
    yield from judged([
        Asked(f"peak_{case.width}", f"A sweep uses at least {share} % of the matrix-product peak",
              shares.sel(case=case.name).values, share, case.name, "{} %")
        for case, share in SHARES.items() if case.name in record.case
    ])  # fmt: skip


def _ways(record: xr.Dataset, s: Speed) -> Iterator[Claim]:
    times = record.rate.sel(way=LAB) / record.rate
    yield from judged([
        Asked(f"{WORDS[way]}_{case.width}_{case.batch}",
              f"A sweep takes at least {limit:g} times the run-steps per second of {way}",
              times.sel(case=case.name, way=way).values, limit, case.name)
        for case, limits in TIMES.items() if case.name in record.case
        for way, limit in limits.items() if way in record.way
    ])  # fmt: skip


def _compiling(record: xr.Dataset, s: Speed) -> Iterator[Claim]:
    yield from judged([
        Asked(f"compiles_{run}", "The programs of a first sweep (first parameters, first state, "
              f"training, evaluation) compile in at most {limit} s, tracing included",
              record.seconds.sel(run=run, part="compilation").values, limit, f"{run} cache", "{} s",
              at_most=True)
        for run, limit in COMPILED.items()
    ])  # fmt: skip


def _search(record: xr.Dataset, s: Speed) -> Iterator[Claim]:
    case = record.case.values[0]
    rate = record.rate.sel(case=case)
    yield from judged([
        Asked(f"search_{WORDS[way]}",
              f"A search of {s.trials[0]:,} trials is at least {limit:g} times as fast as Optuna "
              f"driving {way}, compiling included",
              (rate.sel(way=SEARCH) / rate.sel(way=way)).values, limit, case)
        for way, limit in TRIALS.items() if way in record.way
    ])  # fmt: skip


def _lanes(record: xr.Dataset, s: Speed) -> Iterator[Claim]:
    few, many = s.few, s.counts[-1]
    dearer = record.seconds.sel(lanes=many) / record.seconds.sel(lanes=few)
    yield from family(
        "lane",
        f"A lane of {many:,} costs no more than one of {few} (by {100 * DEARER:g} % at most)",
        dict(zip(record.case.values.tolist(), dearer.values)),
        "rounds",
        high=1 + DEARER,
        says="{} times as much",
        source=HERE,
    )


def _evaluations(record: xr.Dataset, s: Speed) -> Iterator[Claim]:
    seconds = record.seconds.stack(cell=["case", "lanes"]).transpose("spent", "cell", "round")
    evaluating, training, whole, once = seconds.values
    longer = [span(mean_interval(row)) for row in 100 * (whole / once - 1)]
    yield from family(
        "evaluating",
        f"Evaluating once per epoch takes at most {EVALUATED} % of the time of training",
        dict(zip((f"{case}, {n} lanes" for case, n in seconds.cell.values),
                 100 * evaluating / training)), "rounds", high=EVALUATED, source=HERE,
        says=[f"{{}} %; a whole sweep, whose training is cut at epochs then, takes {x} % longer"
              for x in longer],
    )  # fmt: skip


def _executors(record: xr.Dataset, s: Speed) -> Iterator[Claim]:
    rate = record.rate.isel(case=0)
    others = [way for way in record.way.values.tolist() if way != ONE]
    yield from family(
        "two", f"Two processes of half the cores each reach at least {OF_ONE} of the run-steps per "
        "second of one process", {w: (rate.sel(way=w) / rate.sel(way=ONE)).values for w in others},
        "rounds", low=OF_ONE, says="{} times", source=HERE,
    ) if others else ()  # fmt: skip


def _minute(record: xr.Dataset, s: Speed) -> Iterator[Claim]:
    spent = dict(zip(record.part.values.tolist(), record.seconds.sel(run="a minute").values))
    inside = spent["training"] + spent["evaluation"]
    share = 100 * inside / (inside + spent["compilation"] + spent["rest of the sweep"])
    yield Claim(
        "minute", f"Of a sweep of a minute at least {INSIDE} % is spent in compiled training and "
        "evaluation", mean_interval(share), len(share), "rounds", low=INSIDE,
        where=f"{s.minute:,} updates", says="{} %", source=HERE,
    )  # fmt: skip


def _updates(record: xr.Dataset, s: Speed) -> Iterator[Claim]:
    for size in record["size"].values.tolist():
        lab, optax, again = record.seconds.sel(size=size).transpose("way", ...).values
        own, control = slowest(lab, optax), slowest(again, optax)
        for limit in SLOWER:
            yield Claim(
                f"by_hand_{size.split()[-1]}_{limit:g}".replace(".", "_"),
                f"By hand no rule is slower than optax by more than {limit:g}", own,
                int(np.isfinite(lab).sum(-1).min()), "rounds", high=limit, where=size, digits=".2f",
                says=f"{{}} times for the slowest of {len(lab)}; optax against itself "
                f"{span(control, '.2f')}", source=HERE,
            )  # fmt: skip


def _checkpoints(record: xr.Dataset, s: Speed) -> Iterator[Claim]:
    seconds = record.seconds
    without, kept = seconds.sel(way="without"), seconds.sel(way="with checkpoints")
    passed = mean_interval(100 * (kept / without - 1).sel(spent="passed").values)
    own = (kept.sel(spent="copying and writing") / kept.sel(spent="passed")).values
    spent = mean_interval(100 * own)
    apart = float(kept.sel(spent="between checkpoints").median())
    yield Claim(
        "checkpoints",
        f"Checkpoints of {record.megabytes:.0f} MB of live state cost less than {KEPT} % of a "
        "sweep of a minute", Interval(*map(np.array, zip(passed, spent))), len(own), "rounds",
        high=KEPT, source=HERE,
        says=f"{span(passed, '+.1f')} % of the time that passes, {span(spent, '.1f')} % spent on "
        f"copying and writing, {apart:.0f} s apart",
    )  # fmt: skip


def slowest(mine: np.ndarray, theirs: np.ndarray) -> Interval:
    """The largest shift of the logarithms of a time over another, as a factor: [rules, rounds]."""
    level = 1 - 0.05 / len(mine)
    found = [
        hodges_lehmann(np.log(a / b)[np.isfinite(a)], level=level) for a, b in zip(mine, theirs)
    ]
    return Interval(*np.exp(np.max(found, 0)))


ASKED = {
    "checkpoints": (_checkpoints,),
    "evaluations": (_evaluations,),
    "executors": (_executors,),
    "first_figure": (_compiling, _minute),
    "lanes": (_lanes,),
    "search": (_search,),
    "throughput": (_peak, _ways),
    "updates": (_updates,),
    "widths": (),
}
