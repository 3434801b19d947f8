"""Time of one update: every rule written by hand beside its optax twin.

One jitted update, float32: lab, optax and optax again (the control, whose spread is that of the
machine) in turn, in one process. A ratio is formed inside every round, from three timings that
stand side by side.
"""

import itertools
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from lab.optimizers import CATALOG
from studies.speed.settings import Speed, comparable

WAYS = ("lab", "optax", "optax again")
MORE = 5  # times as many rounds as other panels
LEAST = 12  # rounds of a rule, however slow: with fewer no interval of 42 at once has limits


def measure(s: Speed) -> xr.Dataset:
    """Time every rule."""
    names, rounds = s.optimizers or comparable(), max(LEAST, MORE * s.rounds)
    seconds = np.full((len(s.sizes), len(names), len(WAYS), rounds), np.nan)
    for i, (size, widths) in enumerate(s.sizes):
        for j, name in enumerate(names):
            timed = timings(s, name, widths, rounds)
            seconds[i, j, :, : timed.shape[1]] = timed
            ratio = np.median(timed[0] / timed[1])
            print(f"{size}: {name} {1e6 * np.median(timed[0]):,.0f} µs, {ratio:.2f}", flush=True)
    return xr.Dataset(
        {"seconds": (("size", "optimizer", "way", "round"), seconds, {"units": "s"})},
        {"size": [size for size, _ in s.sizes], "optimizer": list(names), "way": list(WAYS)},
    )


def timings(s: Speed, name: str, widths: tuple[int, ...], rounds: int) -> np.ndarray:
    """Seconds per update [way, round]; the order of the ways turns from round to round."""
    entry: Any = CATALOG[name]
    rng = np.random.default_rng(0)
    shapes = [shape for m, n in itertools.pairwise(widths) for shape in ((m, n), (n,))]
    params, gradient = (
        [jnp.asarray(0.1 * rng.normal(size=n), jnp.float32) for n in shapes] for _ in range(2)
    )
    calls = [_updates(f, params, gradient) for f in (entry.by_hand, *(entry.via_optax,) * 2)]
    for call in calls:
        call(1)  # compiles
    once = min(_timed(call, 1) for call in calls)
    repeats = max(1, int(np.ceil(s.timing_s / once)))
    rounds = max(LEAST, min(rounds, int(s.rule_s / (len(calls) * repeats * once))))
    seconds = np.empty((len(calls), rounds))
    for r in range(rounds):
        for way in np.roll(np.arange(len(calls)), r):
            seconds[way, r] = _timed(calls[way], repeats)
    return seconds


def _updates(factory: Callable[..., Any], params: Any, gradient: Any) -> Callable[[int], None]:
    rule = factory(1e-3)
    update: Any = jax.jit(rule.update, donate_argnums=1)
    state = jax.tree.map(jnp.copy, jax.jit(rule.init)(params))

    def call(repeats: int) -> None:
        nonlocal state
        updates: Any = None
        for _ in range(repeats):
            updates, state = update(gradient, state, params)
        jax.block_until_ready((updates, state))

    return call


def _timed(call: Callable[[int], None], repeats: int) -> float:
    begin = time.perf_counter()
    call(repeats)
    return (time.perf_counter() - begin) / repeats
