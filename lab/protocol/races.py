"""Optimizers on a landscape, each at the best of the same rates, from starts not tuned on."""

from collections.abc import Iterable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from scipy import stats

from lab.statistics.intervals import Interval
from lab.sweeps.trajectories import trajectories
from lab.tasks.landscapes import Landscape

REACHED = 1e-3  # share of the first height above the minimum that counts as there


def random_starts(landscape: Landscape, seeds: Iterable[int]) -> np.ndarray:
    """One uniform start inside the domain per seed: [N, D]."""
    low, high = np.array(landscape.domain, float).T
    return np.stack([np.random.default_rng(seed).uniform(low, high) for seed in seeds])


def race(
    landscape: Landscape,
    optimizers: Mapping[str, tuple[str, Mapping[str, float]]],
    tune: np.ndarray,
    fresh: np.ndarray,
    steps: int,
    rates: np.ndarray,
    reached: float = REACHED,
) -> xr.Dataset:
    """Tune every optimizer's rate on the starts `tune`, then run it from `fresh`.

    Args:
      landscape: The function.
      optimizers: Label -> (catalogue name, numbers that stay fixed).
      tune: [M, D] starts that select: the least mean number of updates (a miss counts as
        `steps` + 1) until the height above the minimum stays below `reached` of its first value;
        ties go to the lower median end.
      fresh: [N, D] starts that report.
      steps: Updates of every run.
      rates: [L] tried by everyone.
      reached: Share of the first height that counts as there.

    Returns:
      `path` (optimizer, start, step, axis), `height` above the lowest minimum (optimizer, start,
      step), `updates` until reached (infinite if never), the chosen `rate` and `at_edge`.
    """
    least = float(min(landscape(jnp.asarray(m)) for m in landscape.minima))
    heights = jax.jit(lambda w: landscape(jnp.moveaxis(w, -1, 0)) - least)

    def above(paths: np.ndarray) -> np.ndarray:
        found = np.asarray(heights(paths))
        return np.where(np.isfinite(found), found, np.inf)

    found: dict[str, list[Any]] = {k: [] for k in ("path", "height", "updates", "rate", "edge")}
    for name, numbers in optimizers.values():
        starts = np.concatenate([tune, fresh])  # one program; the fresh ones select nothing
        paths = trajectories(landscape, name, starts, rates, steps, numbers=numbers)
        tried = above(paths[:, : len(tune)])
        needed = np.minimum(updates_to(tried, reached), steps + 1).mean(1)
        order = np.lexsort((np.median(tried[:, :, -1], 1), needed))
        best = int(order[0])
        path = paths[best, len(tune) :]
        height = above(path)
        found["path"].append(path)
        found["height"].append(height)
        found["updates"].append(updates_to(height, reached))
        found["rate"].append(rates[best])
        found["edge"].append(best in (0, len(rates) - 1))
    return xr.Dataset(
        {
            "path": (("optimizer", "start", "step", "axis"), np.stack(found["path"])),
            "height": (("optimizer", "start", "step"), np.stack(found["height"])),
            "updates": (("optimizer", "start"), np.stack(found["updates"])),
            "rate": (("optimizer",), np.array(found["rate"])),
            "at_edge": (("optimizer",), np.array(found["edge"])),
        },
        {"optimizer": list(optimizers), "step": np.arange(steps + 1)},
        {"trials": len(rates), "tuning_starts": len(tune), "landscape": landscape.name},
    )


def updates_to(height: np.ndarray, reached: float = REACHED) -> np.ndarray:
    """Update from which on the last axis stays at most `reached` of its first value, else ∞."""
    away = ~(height <= reached * height[..., :1])
    last = height.shape[-1] - 1 - away[..., ::-1].argmax(-1)  # the last update still away
    return np.where(away[..., -1], np.inf, np.where(away.any(-1), last + 1, 0))


def sooner(a: np.ndarray, b: np.ndarray, level: float = 0.95) -> Interval:
    """Share of the starts from which `a` arrives before `b`, of those that tell them apart: [m].

    Who never arrives is later than who does, and two who never do are not told apart. The limits
    are those of the sign test (exact binomial), so that all statements about one half hold
    together, by Holm's steps.

    Args:
      a: [m, n] updates until arrival, infinite for never.
      b: [m, n] of the same starts.
      level: Probability that no statement is wrong.

    >>> [x.round(3).tolist() for x in sooner([[1, 2, 3, 4, 5, np.inf]], [[6, 7, 8, 9, 9, np.inf]])]
    [[1.0], [0.478], [1.0]]
    """
    a, b = np.asarray(a), np.asarray(b)
    won, n = (a < b).sum(-1), (a != b).sum(-1)
    p = np.minimum(1, 2 * stats.binom.cdf(np.minimum(won, n - won), n, 0.5))
    order = np.argsort(p, kind="stable")
    left = len(p) - np.arange(len(p))  # hypotheses at each step
    stays = np.append(p[order] > (1 - level) / left, True)
    tail = (1 - level) / 2 / left[np.minimum(np.argsort(order), stays.argmax())]
    low = np.where(won > 0, stats.beta.ppf(tail, won, n - won + 1), 0.0)
    high = np.where(won < n, stats.beta.ppf(1 - tail, won + 1, n - won), 1.0)
    return Interval(np.where(n > 0, won / np.maximum(n, 1), 0.5), low, high)


def median_said(updates: np.ndarray) -> str:
    """The median of updates until arrival; never, where more than half of the starts miss."""
    middle = float(np.median(updates))
    return f"{middle:.0f}" if np.isfinite(middle) else "never"


def versus(a: np.ndarray, b: np.ndarray) -> str:
    """What `sooner` and the medians say of two optimizers, in words; `{}` stands for the share."""
    return (
        f"sooner from {int((a < b).sum())} of {len(a)} starts, later from {int((a > b).sum())}, a "
        f"share of {{}}; median {median_said(a)} against {median_said(b)} updates, each at its "
        "best rate"
    )


def table_rows(races: Mapping[str, xr.Dataset]) -> list[list[str]]:
    """Landscape, optimizer, best rate, median updates, share of the starts that arrive."""
    rows = []
    for land, raced in races.items():
        for name in raced.optimizer.values.tolist():
            mine = raced.sel(optimizer=name)
            rate = f"{float(mine.rate):.2g}{' (edge)' * bool(mine.at_edge)}"
            arrived = f"{float(np.isfinite(mine.updates).mean()):.0%}"
            rows.append(
                [land.replace("_", " "), name, rate, median_said(mine.updates.values), arrived]
            )
    return rows
