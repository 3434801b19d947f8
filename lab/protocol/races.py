"""Optimizers on a landscape, each at the best of the same rates, from starts not tuned on."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from lab.sweeps.trajectories import trajectories
from lab.tasks.landscapes import Landscape

RATES = np.geomspace(1e-4, 10, 26)  # the same for everyone
REACHED = 1e-3  # share of the first height above the minimum that counts as there


def random_starts(landscape: Landscape, seeds: range) -> np.ndarray:
    """One uniform start inside the domain per seed: [N, D]."""
    low, high = np.array(landscape.domain, float).T
    return np.stack([np.random.default_rng(seed).uniform(low, high) for seed in seeds])


def race(
    landscape: Landscape,
    optimizers: Mapping[str, tuple[str, Mapping[str, float]]],
    tune: np.ndarray,
    fresh: np.ndarray,
    steps: int,
    rates: np.ndarray = RATES,
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
