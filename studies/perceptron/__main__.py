"""Where the perceptron stops: lines as it learns, the bound on its mistakes, and XOR.

Gates are shown in a random order from random small weights, once per seed; separable sets are
drawn at random with a given least margin.
"""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from scipy import stats

from lab import plots, records
from lab.foundations import perceptron
from lab.study.cli import Flags, Folder, main, opened
from lab.study.flags import Whole
from lab.study.tables import comma_separated, markdown
from studies.perceptron.figures import decision_lines, mistake_bound

GATES = {"AND": (-1, -1, -1, 1), "OR": (-1, 1, 1, 1), "NAND": (1, 1, 1, -1), "XOR": (-1, 1, 1, -1)}
MARGINS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3)
CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
POINTS, EPOCHS = 60, 15


@dataclass(frozen=True)
class Perceptron(Flags):
    """Flags of the perceptron study."""

    max_epochs: Annotated[int, Whole(1, 10_000_000)] = 20_000
    """Where learning a separable set gives up."""


def run(flags: Perceptron) -> None:
    """Learn gates and random sets, then draw."""
    folder = Folder(flags, "perceptron")
    if flags.from_ is not None:
        draw(opened(flags.from_, "perceptron"), folder)
        return
    seeds = flags.seeds or (5 if flags.smoke else 200)
    margins = MARGINS[-2:] if flags.smoke else MARGINS
    shown = _draw_set(11, 0.05)
    parts = {
        "path and": folder.part("path and", lambda _: _path(CORNERS, np.array(GATES["AND"]))),
        "path set": folder.part("path set", lambda _: _path(shown.x, shown.t)),
        "path xor": folder.part("path xor", lambda _: _path(CORNERS, np.array(GATES["XOR"]))),
        "gates": folder.part("gates", lambda _: _gates(seeds)),
        "sets": folder.part("sets", lambda _: _sets(seeds, margins, flags.max_epochs)),
    }
    draw(folder.finish(parts, {"seeds": seeds, "max_epochs": flags.max_epochs}), folder)


def _gates(seeds: int) -> xr.Dataset:
    """The corrections that each epoch makes, by gate, from `seeds` random starts and orders."""
    targets = jnp.array(list(GATES.values()), jnp.float32)  # [G, 4]
    x = jnp.asarray(CORNERS)

    def corrections(target, key):
        order_key, start_key = jax.random.split(key)
        order, unit = jax.random.permutation(order_key, 4), _random_start(start_key)

        def epoch(unit, _):
            after, steps = perceptron.learn_epoch(unit, x[order], target[order, None])
            before = jnp.concatenate([unit.bias[None], steps.bias[:-1]])
            return after, jnp.sum(before != steps.bias)

        return jax.lax.scan(epoch, unit, length=EPOCHS)[1]

    keys = jax.random.split(jax.random.key(0), seeds)
    made = jax.jit(jax.vmap(jax.vmap(corrections, (None, 0)), (0, None)))(targets, keys)
    return records.stamp(
        xr.Dataset(
            {"corrections": (("gate", "seed", "epoch"), np.asarray(made))},
            {"gate": list(GATES), "seed": np.arange(seeds), "epoch": 1 + np.arange(EPOCHS)},
        ),
        {"alpha": 1.0, "theta": 0.0, "seeds": seeds},
    )


def _random_start(key: jax.Array) -> perceptron.Perceptron:
    weights = jax.random.uniform(key, (3, 1), minval=-1, maxval=1)
    return perceptron.Perceptron(weights[:2], weights[2])


def _path(x: np.ndarray, t: np.ndarray) -> xr.Dataset:
    """One learner's layers, from a random start and after each example shown."""
    first = _random_start(jax.random.key(3))
    along = perceptron.path(x, t, epochs=EPOCHS, first=first)
    layers = [
        np.concatenate([np.asarray(unit.weights)[..., 0], np.asarray(unit.bias)], -1)
        for unit in (first, along)
    ]  # [3], [shown, 3]
    return records.stamp(
        xr.Dataset(
            {
                "layer": (("shown", "number"), np.vstack(layers)),
                "x": (("row", "input"), np.asarray(x)),
                "target": (("row",), np.asarray(t)),
            }
        ),
        {"alpha": 1.0, "theta": 0.0, "epochs": EPOCHS},
    )


class Drawn(NamedTuple):
    """A random set that a known direction separates."""

    x: np.ndarray  # [N, 2]
    t: np.ndarray  # [N]
    direction: np.ndarray  # [3]


def _draw_set(seed: int, least_margin: float) -> Drawn:
    """Points of the square [−1, 1]² at least `least_margin` away from a random plane."""
    rng = np.random.default_rng((seed, round(1e6 * least_margin)))
    angle, offset = rng.uniform(0, 2 * np.pi), rng.uniform(-0.4, 0.4)
    direction = np.array([np.cos(angle), np.sin(angle), offset], np.float32)
    direction /= np.linalg.norm(direction)
    points = rng.uniform(-1, 1, (40 * POINTS, 2)).astype(np.float32)
    distance = points @ direction[:2] + direction[2]
    kept = np.flatnonzero(np.abs(distance) >= least_margin)[:POINTS]
    return Drawn(points[kept], np.sign(distance[kept]), direction)


def _sets(seeds: int, margins: tuple[float, ...], max_epochs: int) -> xr.Dataset:
    """Corrections until none is needed, with the bound, for random sets of every margin."""

    @jax.jit
    @jax.vmap
    def learn(x, t, direction):
        learnt = perceptron.fit(x, t, max_epochs=max_epochs)
        gamma = perceptron.margin(x, t, direction)
        bound = perceptron.mistake_bound(x, gamma)
        return learnt.mistakes[0], learnt.epochs, learnt.converged, gamma, bound

    columns = []
    for least in margins:
        drawn = [_draw_set(seed, least) for seed in range(seeds)]
        columns.append([np.asarray(c) for c in learn(*(np.stack(part) for part in zip(*drawn)))])
    names = ("mistakes", "epochs", "converged", "margin", "bound")
    dims = ("least_margin", "seed")
    return records.stamp(
        xr.Dataset(
            {name: (dims, np.stack(column)) for name, column in zip(names, zip(*columns))},
            {"least_margin": list(margins), "seed": np.arange(seeds)},
        ),
        {"alpha": 1.0, "theta": 0.0, "points": POINTS, "max_epochs": max_epochs},
    )


def draw(record: xr.DataTree, folder: Folder) -> None:
    """Figures, table and verdict, from the record alone."""
    gates, sets = record["gates"].to_dataset(), record["sets"].to_dataset()
    seeds = sets.sizes["seed"]
    plots.save(
        decision_lines(
            {
                "AND: line after each correction": record["path and"].to_dataset(),
                "A random separable set": record["path set"].to_dataset(),
                "XOR: the line goes round for ever": record["path xor"].to_dataset(),
            },
            gates.corrections,
            f"Lines: α = 1, θ = 0, one random start, {EPOCHS} epochs; pale first, the last in "
            f"black. Shares: {seeds} random starts and orders\nof the examples, bands 95 % Wilson "
            "intervals.",
        ),
        folder.path / "lines.png",
    )
    plots.save(
        mistake_bound(
            sets,
            f"{seeds} random sets of {POINTS} points in the plane per margin, α = 1, θ = 0, zero "
            "start, run until an epoch makes no correction.",
        ),
        folder.path / "bound.png",
    )
    header = ["least margin", "sets", "converged", "median corrections", "median bound",
              "largest share of bound", "median epochs"]  # fmt: skip
    rows = []
    for least in sets.least_margin.values:
        one = sets.sel(least_margin=least)
        share = one.mistakes / one.bound
        rows.append([
            f"{least:g}", f"{seeds}", f"{int(one.converged.sum())}",
            f"{float(one.mistakes.median()):.0f}", f"{float(one.bound.median()):,.0f}",
            f"{float(share.max()):.0%}", f"{float(one.epochs.median()):.0f}",
        ])  # fmt: skip
    page = f"# The perceptron\n\n{markdown(header, rows)}\n{verdict(gates, sets)}\n"
    folder.text("table.md", page)
    folder.text("table.csv", comma_separated(header, rows))
    print("\n" + page + f"\nfigures, tables and record: {folder.path}")


def verdict(gates: xr.Dataset, sets: xr.Dataset) -> str:
    """Three claims, each with what was counted."""
    last = gates.corrections.isel(epoch=-1)
    learnt = {gate: int((last.sel(gate=gate) == 0).sum()) for gate in gates.gate.values.tolist()}
    tried, seeds = int(sets.converged.size), gates.sizes["seed"]
    stopped, within = int(sets.converged.sum()), int((sets.mistakes <= sets.bound).sum())
    lowest = stats.binomtest(stopped, tried).proportion_ci(method="wilson").low
    least_xor = int(gates.corrections.sel(gate="XOR").min())
    gate_counts = ", ".join(f"{g} {learnt[g]}/{seeds}" for g in ("AND", "OR", "NAND"))
    solved = stopped == tried and all(learnt[g] == seeds for g in ("AND", "OR", "NAND"))
    return (
        "**Claim 1: it learns every linearly separable set.** "
        f"{'Held' if solved else 'Did not hold within the budget'}: {gate_counts} starts; "
        f"{stopped} of {tried} random sets (95 % Wilson interval of the share: from "
        f"{lowest:.2%}).\n\n"
        "**Claim 2 (Novikoff): at most (R/γ)² corrections.** "
        f"{'Held' if within == tried else 'Did not hold'} in {within} of {tried} sets; the median "
        f"set needed {float((sets.mistakes / sets.bound).median()):.1%} of its bound.\n\n"
        "**Claim 3: it never learns XOR.** "
        f"{'Held' if learnt['XOR'] == 0 and least_xor > 0 else 'Did not hold'}: {learnt['XOR']} of "
        f"{seeds} starts; every epoch made at least {least_xor} correction."
    )


if __name__ == "__main__":
    main(Perceptron, run)
