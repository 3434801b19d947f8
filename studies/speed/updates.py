"""Time of one update: every rule written by hand beside its optax twin.

One jitted update, float32: lab, optax and optax again (the control, whose spread is that of the
machine) in turn, in one process. A ratio is formed inside every round, from three timings that
stand side by side; its median over rounds is what counts.
"""

import itertools
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from lab.optimizers import CATALOG
from studies.speed.bars import update_ratios
from studies.speed.panel import Scope, Table

WAYS = ("lab", "optax", "optax again")
SIZES = {"MLP, 26k": (64, 128, 128, 10), "MLP, 10M": (1024, 2048, 2048, 1792)}
LIMIT, WORST = 1.05, 1.2
ROUNDS = 15  # slow outliers get three times as many
ROUND_S = 0.01  # how long a timing should last at least
RULE_S = 4.0  # and all timings of a rule at most, by fewer rounds


def measure(scope: Scope) -> xr.Dataset:
    """Time every rule, and those that look slow once more."""
    names, sizes, rounds = scope.optimizers or comparable(), tuple(SIZES), scope.rounds or ROUNDS
    if scope.smoke:
        names, sizes = names[:2], sizes[:1]
    seconds = np.full((len(sizes), len(names), len(WAYS), 3 * rounds), np.nan)
    for i, size in enumerate(sizes):
        for j, name in enumerate(names):
            timed = timings(name, SIZES[size], rounds)
            if not scope.smoke and np.median(timed[0] / timed[1]) > LIMIT:
                timed = timings(name, SIZES[size], 3 * rounds)
            seconds[i, j, :, : timed.shape[1]] = timed
            ratio = np.median(timed[0] / timed[1])
            print(f"{size}: {name} {np.median(timed[0]) * 1e6:,.0f} µs, {ratio:.2f}", flush=True)
    return xr.Dataset(
        {"seconds": (("size", "optimizer", "way", "round"), seconds, {"units": "s"})},
        {"size": list(sizes), "optimizer": list(names), "way": list(WAYS)},
    )


def comparable() -> tuple[str, ...]:
    """Rules whose update needs a gradient and parameters, and which optax has too."""
    return tuple(
        name for name, e in CATALOG.items() if e.via_optax is not None and not e.needs - {"key"}
    )


def timings(name: str, widths: tuple[int, ...], rounds: int) -> np.ndarray:
    """Seconds per update [way, round]; the order of the ways turns from round to round."""
    entry: Any = CATALOG[name]
    rng = np.random.default_rng(0)
    shapes = [s for m, n in itertools.pairwise(widths) for s in ((m, n), (n,))]
    params, gradient = (
        [jnp.asarray(0.1 * rng.normal(size=s), jnp.float32) for s in shapes] for _ in range(2)
    )
    calls = [_updates(f, params, gradient) for f in (entry.by_hand, *(entry.via_optax,) * 2)]
    for call in calls:
        call(1)  # compiles
    once = min(_timed(call, 1) for call in calls)
    repeats = max(1, int(np.ceil(ROUND_S / once)))
    rounds = max(3, min(rounds, int(RULE_S / (len(calls) * repeats * once))))
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


def ratios(seconds: xr.DataArray) -> tuple[xr.DataArray, xr.DataArray]:
    """(optimizer, round) of lab over optax and of optax again over optax, round by round."""
    base = seconds.sel(way="optax")
    return tuple(seconds.sel(way=way) / base for way in ("lab", "optax again"))  # type: ignore


def verdict(mine: np.ndarray, control: np.ndarray) -> str:
    """Whether updates are as fast as those of optax, from the medians of every rule."""
    low, high = np.min(control), np.max(control)
    numbers = (
        f"median ratio {np.median(mine):.2f}, largest {np.max(mine):.2f}; the control of optax "
        f"against itself lies within {low:.2f} – {high:.2f}"
    )
    if np.median(mine) <= LIMIT and np.max(mine) <= WORST:
        return f"as fast as optax: {numbers}"
    slow = int(np.sum((mine > WORST) & (mine > high)))
    if np.median(mine) <= LIMIT and slow == 0:
        return f"as fast as optax within the control: {numbers}"
    return f"not as fast as optax: {numbers}; {slow} above {WORST} and the control"


def drawn(record: xr.Dataset, machine: str) -> tuple[Figure, Table]:
    """Figure, table and verdict, from the record alone."""
    seconds = record.seconds
    header = ["optimizer", "size", "lab, µs", "optax, µs", "ratio", "quartiles", "control"]
    rows, verdicts = [], []
    for size in seconds["size"].values.tolist():
        mine, control = ratios(seconds.sel(size=size))
        middle = mine.median("round")
        verdicts.append(f"{size}: {verdict(middle.values, control.median('round').values)}.")
        for name in mine.optimizer.values[np.argsort(-middle.values)].tolist():
            at = {"size": size, "optimizer": name}
            micro = seconds.sel(at).median("round") * 1e6
            low, high = mine.sel(optimizer=name).quantile([0.25, 0.75], "round").values
            rows.append([
                name, size, f"{float(micro.sel(way='lab')):,.0f}",
                f"{float(micro.sel(way='optax')):,.0f}",
                f"{float(middle.sel(optimizer=name)):.2f}", f"{low:.2f} – {high:.2f}",
                f"{float(control.sel(optimizer=name).median('round')):.2f}",
            ])  # fmt: skip
    text = (
        f"Time of one jitted update, float32, {machine}: dots are medians over interleaved rounds "
        "of lab over optax, lines their quartiles; the band holds the same medians of optax "
        "against itself. " + " ".join(verdicts)
    )
    return update_ratios(seconds, text), Table("Time of one update", header, rows, text)
