"""What does one update cost? Every rule written by hand beside its optax twin.

One jitted update, float32: lab, optax and optax again (the control, whose spread is that of the
machine) in turn, in one process. A ratio is formed inside every round, from three timings that
stand side by side; its median over rounds is what counts.
"""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

import lab
from lab import plots
from lab.errors import require
from lab.optimizers import CATALOG
from lab.plots.speed import update_ratios
from studies._cli import Flags, Folder, main, opened
from studies._tables import comma_separated, markdown

WAYS = ("lab", "optax", "optax again")
SIZES = {"MLP, 26k": (64, 128, 128, 10), "MLP, 10M": (1024, 2048, 2048, 1792)}
LIMIT, WORST = 1.05, 1.2
ROUND_S = 0.01  # how long a timing should last at least
RULE_S = 4.0  # and all timings of a rule at most, by fewer rounds


@dataclass(frozen=True)
class UpdateSpeed(Flags):
    """Flags of the study of update times (`--seeds` has no meaning here)."""

    rounds: int = 15
    """Interleaved rounds per rule and size; slow outliers get three times as many."""
    optimizers: tuple[str, ...] = ()
    """Only these; by default every rule with a twin that needs a gradient alone."""
    sizes: tuple[str, ...] = tuple(SIZES)
    """Which networks."""


def run(flags: UpdateSpeed) -> None:
    """Measure every rule, and those that look slow once more."""
    folder = Folder(flags, "update_speed")
    if flags.from_ is not None:
        draw(opened(flags.from_, "update_speed"), folder)
        return
    names, sizes, rounds = flags.optimizers or comparable(), flags.sizes, flags.rounds
    for name in names:
        require(name in comparable(), f"{name} has no twin that a gradient alone is enough for.")
    for size in sizes:
        require(size in SIZES, f"there is no size {size}; there are {', '.join(SIZES)}.")
    if flags.smoke:
        names, sizes, rounds = names[:2], sizes[:1], 3
    seconds = np.full((len(sizes), len(names), len(WAYS), 3 * rounds), np.nan)
    for i, size in enumerate(sizes):
        for j, name in enumerate(names):
            timed = measure(name, SIZES[size], rounds)
            if not flags.smoke and np.median(timed[0] / timed[1]) > LIMIT:
                timed = measure(name, SIZES[size], 3 * rounds)
            seconds[i, j, :, : timed.shape[1]] = timed
            ratio = np.median(timed[0] / timed[1])
            print(f"{size}: {name} {np.median(timed[0]) * 1e6:,.0f} µs, {ratio:.2f}", flush=True)
    record = xr.Dataset(
        {"seconds": (("size", "optimizer", "way", "round"), seconds, {"units": "s"})},
        {"size": list(sizes), "optimizer": list(names), "way": list(WAYS)},
    )
    draw(folder.finish({"speed": lab.records.stamp(record, {})}, {}), folder)


def comparable() -> tuple[str, ...]:
    """Rules whose update needs a gradient and parameters, and which optax has too."""
    return tuple(
        name for name, e in CATALOG.items() if e.via_optax is not None and not e.needs - {"key"}
    )


def measure(name: str, widths: tuple[int, ...], rounds: int) -> np.ndarray:
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


def draw(record: xr.DataTree, folder: Folder) -> None:
    """Figure, table and verdict, from the record alone."""
    seconds = record["speed"].to_dataset().seconds
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
    devices = lab.records.manifest(record)["provenance"]["devices"]
    text = (
        f"Time of one jitted update, float32, {devices} CPU devices: dots are medians over "
        "interleaved rounds of lab over optax, lines their quartiles; the band holds the same "
        "medians of optax against itself. " + " ".join(verdicts)
    )
    table = markdown(header, rows)
    folder.text("table.md", f"# Time of one update\n\n{table}\n{text}\n")
    folder.text("table.csv", comma_separated(header, rows))
    plots.save(update_ratios(seconds, text), folder.path / "update_speed.png")
    print(f"\n{table}\n{text}\nfigure, tables and record: {folder.path}")


if __name__ == "__main__":
    main(UpdateSpeed, run)
