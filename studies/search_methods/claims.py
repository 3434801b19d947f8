"""Methods against random search, order statistics of it, and what early losses foretell."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr
from scipy import stats

from lab import statistics
from lab.statistics import Interval, holm_intervals, mean_interval
from lab.study import Claim, Record, Table, span
from studies.search_methods.runs import SearchMethods

SPELT = {
    "grid": "grid", "random": "random", "sobol": "Sobol", "halving": "halving",
    "hyperband": "Hyperband", "tpe": "TPE", "gp": "Gaussian process",
}  # fmt: skip
WITHIN = 1.1  # times what is expected, or less by as much, is what is expected


def claims(record: Record[SearchMethods]) -> Iterator[Claim]:
    """Of the page."""
    s = record.settings
    first, second = (name for name, *_ in s.cases)
    over: dict[str, Any] = {"n": s.seeds, "unit": "splits"}
    found = searches(record, "search")
    pools = {name: record[f"pool/{name}"] for name in (first, second)}
    yield from against(found, over)
    yield from expected(found["random"], pools[first], over)
    yield from foretold(pools, over)
    yield from harmed(searches(record, "misled"), {"where": second, **over})


def tables(record: Record[SearchMethods]) -> dict[str, Table]:
    """What each method found."""
    s, found = record.settings, searches(record, "search")
    rows = [
        [SPELT[name], f"{part.trials.values.mean():.0f}", span(ratio(part.least.values), ".3f"),
         span(ratio(part.test.values), ".3f"), span(mean_interval(part.error.values), ".2f")]
        for name, part in found.items()
    ]  # fmt: skip
    header = [
        "method",
        f"trials for {s.trainings} trainings",
        "least validation loss",
        "test loss of the chosen",
        "test error, %",
    ]
    note = "Mean, 95 % t interval over splits, geometric for losses."
    missing = " The Gaussian process is left out: pip install torch."
    lacks = "gp" in s.methods and "gp" not in found
    return {"table": Table(header, rows, note + missing * lacks)}


def searches(record: Record[SearchMethods], kind: str) -> dict[str, xr.Dataset]:
    """By method, with logarithms of the least validation loss and of the test loss of the chosen.

    On test rows means over fresh seeds.
    """
    parts, tested = record.under(kind), record[f"tested/{kind}"].mean("seed")
    found = {}
    for name in [name for name in record.settings.methods if name in parts]:
        mine = tested.isel(search=tested.method.values == name)
        found[name] = parts[name].assign(
            least=np.log(parts[name].loss.isel(spent=-1, drop=True)),
            test=("split", np.log(mine.test_loss.values)),
            error=("split", 100 * (1 - mine.test_accuracy.values)),
        )
    return found


def ratio(logs: np.ndarray, comparisons: int = 1) -> Interval:
    """Geometric mean of ratios over splits, from their logarithms; simultaneous intervals."""
    return Interval(*np.exp(mean_interval(logs, level=1 - 0.05 / comparisons)))


def over_random(found: dict[str, xr.Dataset], loss: str) -> dict[str, np.ndarray]:
    """Logarithms of a loss over random search's on the same splits: [split] of each method."""
    logs = {name: part[loss].values for name, part in found.items()}
    return {name: mine - logs["random"] for name, mine in logs.items() if name != "random"}


def family(found: dict[str, xr.Dataset], loss: str) -> dict[str, Interval]:
    """Losses over random search's, by method; their sides of 1 hold together."""
    logs = over_random(found, loss)
    intervals = zip(*holm_intervals([*logs.values()]))
    return {name: Interval(*np.exp(one)) for name, one in zip(logs, intervals)}


def against(found: dict[str, xr.Dataset], over: dict[str, Any]) -> Iterator[Claim]:
    """Every method against random search."""
    told = family(found, "test")
    for name, seen in family(found, "least").items():
        says = f"{SPELT[name][0].upper()}{SPELT[name][1:]} beats random search"
        first = caught_up(found[name].loss.values, found["random"].least.values)
        speed = f"is where random search ends at {first} trainings"
        yield Claim(
            f"{name}_validation", says, seen, high=1, digits=".2f",
            where="by the least validation loss", says="{} times random search's; it "
            f"{speed if first else 'does not get where random search ends'}", **over,
        )  # fmt: skip
        yield Claim(
            f"{name}_test", says, told[name], high=1, digits=".2f",
            where="by the test loss of what is chosen", says="{} times", **over,
        )  # fmt: skip


def caught_up(loss: np.ndarray, goal: np.ndarray) -> int:
    """Trainings after which a method is, on average, where random search is at the end; or 0.

    Args:
      loss: [split, trainings spent − 1].
      goal: Logarithms [split].
    """
    with np.errstate(divide="ignore"):
        there = np.log(loss).mean(0) <= goal.mean()
    return int(there.argmax()) + 1 if there.any() else 0


def expected(random: xr.Dataset, pool: xr.Dataset, over: dict[str, Any]) -> Iterator[Claim]:
    """Whether random search does what order statistics say."""
    most = min(random.sizes["spent"], pool.sizes["setting"])
    counts = sorted({max(1, most // 4), most})
    for k in counts:
        yield Claim(
            f"order_statistics_{k}",
            f"Random search's best of {k} is what order statistics expect of "
            f"{pool.sizes['setting']} other settings",
            formula(random, pool, k, len(counts)), low=1 / WITHIN, high=WITHIN, digits=".2f",
            says=f"{{}} times (within a factor of {WITHIN:g} would hold)", **over,
        )  # fmt: skip


def formula(random: xr.Dataset, pool: xr.Dataset, k: int, comparisons: int = 1) -> Interval:
    """Best of k random trials over what order statistics expect of others of the same splits."""
    best = statistics.expected_best(np.log(pool.loss.isel(share=-1).values), k)
    return ratio(np.log(random.loss.isel(spent=k - 1).values) - best, comparisons)


def foretold(pools: dict[str, xr.Dataset], over: dict[str, Any]) -> Iterator[Claim]:
    """What losses along the way foretell, case by case."""
    ranks = {name: correlations(pool) for name, pool in pools.items()}
    intervals = zip(*holm_intervals([found[:, 0] for found in ranks.values()]))
    for (name, found), one in zip(ranks.items(), intervals):
        share = pools[name].share.values
        said = ", ".join(f"{r:+.2f} at 1/{1 / s:.0f}" for r, s in zip(found.mean(0), share[:-1]))
        yield Claim(
            f"ranks_{name.replace(' ', '_')}",
            f"Losses at 1/{1 / share[0]:.0f} of a training rank settings as the last ones do",
            Interval(*one),
            low=0,
            where=name,
            digits="+.2f",
            says=f"rank correlation {{}} ({pools[name].sizes['setting']} settings a split; {said})",
            **over,
        )


def correlations(pool: xr.Dataset) -> np.ndarray:
    """Spearman's correlation of losses at each share with the last ones: [split, share]."""
    ranks = stats.rankdata(pool.loss.transpose("split", "setting", "share").values, axis=1)
    about = ranks - ranks.mean(1, keepdims=True)
    spread = np.sqrt((about**2).sum(1))
    last = about[..., -1:]
    with np.errstate(invalid="ignore"):  # all equal, as where all have diverged: no ranks
        return np.nan_to_num((about * last).sum(1) / (spread * spread[:, -1:]))


def harmed(found: dict[str, xr.Dataset], over: dict[str, Any]) -> Iterator[Claim]:
    """Whether methods that let go early are harmed where early losses mislead."""
    told = family(found, "test")
    for name, seen in family(found, "least").items():
        yield Claim(
            f"{name}_misled",
            f"{SPELT[name].capitalize()} loses to random search where early losses mislead",
            seen, low=1, digits=".3f", says="by the least validation loss, {} times random "
            f"search's; test loss {span(told[name], '.3f')} times", **over,
        )  # fmt: skip
