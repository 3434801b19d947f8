"""What is lost by changing one number at a time; each statement with its interval."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from lab import statistics
from lab.statistics import Interval, holm_intervals, mean_interval
from lab.study import Claim, Record, Table, span
from studies.one_at_a_time.runs import OneAtATime

SPELT = {
    "learning_rate": "learning rate", "momentum": "momentum", "batch_size": "batch size",
    "init_scale": "initial scale", "l2": "L2 penalty", "dropout_rate": "dropout rate",
}  # fmt: skip


def claims(record: Record[OneAtATime]) -> Iterator[Claim]:
    """Of the page."""
    s = record.settings
    over: dict[str, Any] = {"n": s.seeds, "unit": "seeds", "low": 0, "digits": "+.3f"}
    yield from of_pairs([record[f"pairs/{' '.join(pair)}"] for pair in s.pairs], s.baseline, over)
    part = record["together"]
    base, winners = part.test.transpose("setting", "seed").values
    values = ", ".join(f"{SPELT[n]} {float(part[f'best_{n}']):.2g}" for n in s.names)
    yield Claim(
        "winners_together",
        "All single winners put together beat the baseline",
        statistics.paired_difference(base, winners),
        says=f"test loss {winners.mean():.3f} against {base.mean():.3f}, lower by {{}} ({values})",
        **over,
    )


def tables(record: Record[OneAtATime]) -> dict[str, Table]:
    """The test loss of what each way of searching finds."""
    s, rows = record.settings, []
    for pair in s.pairs:
        part = record[f"pairs/{' '.join(pair)}"]
        first, second = pair
        chosen = found(part, s.baseline)
        for how, (i, j) in zip(("each by itself", "one after the other", "jointly"), chosen):
            rows.append([
                f"learning rate × {SPELT[second]}", how, f"{part[first].values[i]:.2g}",
                f"{part[second].values[j]:.2g}",
                span(mean_interval(part.test.values[i, j]), ".3f"),
            ])  # fmt: skip
    return {"table": Table(["grid", "found", "learning rate", "other", "test loss"], rows)}


def of_pairs(
    pairs: list[xr.Dataset], baseline: Mapping[str, Any], over: dict[str, Any]
) -> Iterator[Claim]:
    """What each pair loses by being searched one at a time; intervals hold for all pairs."""
    chosen = [found(pair, baseline) for pair in pairs]
    crossed, in_turn, joint = (
        np.array([pair.test.values[cells[how]] for pair, cells in zip(pairs, chosen)])
        for how in range(3)
    )
    trials = [sum(pair.test.shape[:2]) - 1 for pair in pairs]
    fair = crossed - np.array([random_subset(*one) for one in zip(pairs, trials)])
    families = [
        [Interval(*one) for one in zip(*holm_intervals(values))]
        for values in (crossed - joint, in_turn - joint, fair)
    ]
    for pair, cells, count, gap, later, other in zip(pairs, chosen, trials, *families):
        first, second = names_of(pair)
        where = "; ".join(
            f"{how} {pair[first].values[i]:.2g} and {pair[second].values[j]:.2g}"
            for how, (i, j) in zip(("one at a time", "in turn", "jointly"), cells)
        )
        share = mean_interval(interaction(pair.test.values))
        both = f"{SPELT[first]} and {SPELT[second]}"
        yield Claim(
            f"jointly_{second}",
            f"{both[0].upper()}{both[1:]} together beat each by itself",
            gap,
            says=f"test loss lower by {{}} ({where}); than one after the other by "
            f"{span(later, '+.3f')}; {span(share, '.2f')} of the variance of log-losses is "
            "interaction",
            **over,
        )
        yield Claim(
            f"random_cells_{second}", "... and so do as many random cells", other,
            where=f"{both}, {count} of {pair.test[..., 0].size}", says="by {}", **over,
        )  # fmt: skip


class Found(NamedTuple):
    """Cells (i, j) of a grid of two numbers, by how they are found."""

    crossed: tuple[int, int]  # each best by itself, at the baseline's value of the other
    in_turn: tuple[int, int]  # the first at the baseline, then the second at that
    joint: tuple[int, int]  # the least of the grid


def found(pair: xr.Dataset, baseline: Mapping[str, Any]) -> Found:
    """What each way of searching chooses, by mean validation loss."""
    first, second = names_of(pair)
    loss = pair.validation.mean("tuning").values
    at = [pair[name].values.tolist().index(baseline[name]) for name in (first, second)]
    i, j = int(loss[:, at[1]].argmin()), int(loss[at[0]].argmin())
    best = np.unravel_index(loss.argmin(), loss.shape)
    return Found((i, j), (i, int(loss[i].argmin())), (int(best[0]), int(best[1])))


def names_of(pair: xr.Dataset) -> tuple[str, str]:
    """The two numbers that are varied."""
    first, second = (str(name) for name in pair.validation.dims if name != "tuning")
    return first, second


def interaction(losses: np.ndarray) -> np.ndarray:
    """Share of the variance of log-losses over a grid that no sum f(x) + g(y) explains: [seed].

    Args:
      losses: [x, y, seed].
    """
    logs = np.log(losses)
    about = logs - logs.mean((0, 1))
    added = about.mean(0, keepdims=True) + about.mean(1, keepdims=True)
    return ((about - added) ** 2).sum((0, 1)) / (about**2).sum((0, 1))


def random_subset(pair: xr.Dataset, trials: int) -> np.ndarray:
    """Expected test losses [seed] of the best, by validation, of so many random cells."""
    seen = pair.validation.mean("tuning").values.ravel()
    told = pair.test.values.reshape(seen.size, -1).T
    return statistics.expected_best(told, trials, by=np.broadcast_to(seen, told.shape))
