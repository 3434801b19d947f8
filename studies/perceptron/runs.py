"""What the perceptron is shown: gates in random orders, and random sets with a margin."""

from dataclasses import dataclass
from typing import Annotated

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from lab.foundations import perceptron
from lab.study import Parts, Settings, flags

GATES = {"AND": (-1, -1, -1, 1), "OR": (-1, 1, 1, 1), "NAND": (1, 1, 1, -1), "XOR": (-1, 1, 1, -1)}
CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)


@dataclass(frozen=True)
class Perceptron(Settings):
    """Of the study of the perceptron."""

    seeds: Annotated[int, flags.whole(2, 100_000)] = 200
    """Random starts and orders of every gate, and random sets of every margin."""
    max_epochs: Annotated[int, flags.whole(1, 10_000_000)] = 20_000
    """Where learning a separable set gives up."""
    epochs: int = 15  # of the gates, and of the lines that are drawn
    points: int = 60  # of a random set
    margins: tuple[float, ...] = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3)
    shown_set: int = 11  # which random set, and which start, the lines are drawn for
    shown_start: int = 3
    shown_margin: float = 0.05


def parts(s: Perceptron) -> Parts:
    """Three paths to draw, corrections on gates, corrections on random sets."""
    x, t, _ = drawn_set(s, s.numbers(1, s.shown_set)[0], s.shown_margin)
    yield "path and", lambda _: path(s, CORNERS, np.array(GATES["AND"]))
    yield "path set", lambda _: path(s, x, t)
    yield "path xor", lambda _: path(s, CORNERS, np.array(GATES["XOR"]))
    yield "gates", lambda _: gates(s)
    yield "sets", lambda _: sets(s)


def gates(s: Perceptron) -> xr.Dataset:
    """The corrections that each epoch makes, by gate, from random starts and in random orders."""
    targets = jnp.array(list(GATES.values()), jnp.float32)  # [G, 4]
    x = jnp.asarray(CORNERS)

    def corrections(target, key):
        order_key, start_key = jax.random.split(key)
        order, unit = jax.random.permutation(order_key, 4), random_start(start_key)

        def epoch(unit, _):
            after, steps = perceptron.learn_epoch(unit, x[order], target[order, None])
            before = jnp.concatenate([unit.bias[None], steps.bias[:-1]])
            return after, jnp.sum(before != steps.bias)

        return jax.lax.scan(epoch, unit, length=s.epochs)[1]

    keys = jax.random.split(jax.random.key(s.numbers(1)[0]), s.seeds)
    made = jax.jit(jax.vmap(jax.vmap(corrections, (None, 0)), (0, None)))(targets, keys)
    return xr.Dataset(
        {"corrections": (("gate", "seed", "epoch"), np.asarray(made))},
        {"gate": list(GATES), "seed": s.numbers(s.seeds), "epoch": 1 + np.arange(s.epochs)},
    )


def random_start(key: jax.Array) -> perceptron.Perceptron:
    """Small weights."""
    weights = jax.random.uniform(key, (3, 1), minval=-1, maxval=1)
    return perceptron.Perceptron(weights[:2], weights[2])


def path(s: Perceptron, x: np.ndarray, t: np.ndarray) -> xr.Dataset:
    """One learner's layers, from a random start and after each example shown."""
    first = random_start(jax.random.key(s.numbers(1, s.shown_start)[0]))
    along = perceptron.path(x, t, epochs=s.epochs, first=first)
    layers = [
        np.c_[np.asarray(unit.weights).reshape(-1, 2), np.asarray(unit.bias).reshape(-1)]
        for unit in (first, along)
    ]
    shown = (("shown", "number"), np.vstack(layers))
    return xr.Dataset({"layer": shown, "x": (("row", "input"), x), "target": ("row", t)})


def drawn_set(s: Perceptron, seed: int, least_margin: float) -> tuple[np.ndarray, ...]:
    """Points of the square [−1, 1]² [N, 2] at least `least_margin` away from a random line, the
    side [N] of each, and the line [3].
    """
    rng = np.random.default_rng((seed, round(1e6 * least_margin)))
    angle, offset = rng.uniform(0, 2 * np.pi), rng.uniform(-0.4, 0.4)
    direction = np.array([np.cos(angle), np.sin(angle), offset], np.float32)
    direction /= np.linalg.norm(direction)
    points = rng.uniform(-1, 1, (40 * s.points, 2)).astype(np.float32)
    distance = points @ direction[:2] + direction[2]
    kept = np.flatnonzero(np.abs(distance) >= least_margin)[: s.points]
    return points[kept], np.sign(distance[kept]), direction


def sets(s: Perceptron) -> xr.Dataset:
    """Corrections until none is needed, with the bound, for random sets of every margin."""

    @jax.jit
    @jax.vmap
    def learn(x, t, direction):
        learnt = perceptron.fit(x, t, max_epochs=s.max_epochs)
        gamma = perceptron.margin(x, t, direction)
        bound = perceptron.mistake_bound(x, gamma)
        return learnt.mistakes[0], learnt.epochs, learnt.converged, gamma, bound

    numbers, columns = s.numbers(s.seeds), []
    for least in s.margins:
        drawn = [drawn_set(s, seed, least) for seed in numbers]
        columns.append([np.asarray(c) for c in learn(*(np.stack(part) for part in zip(*drawn)))])
    names = ("mistakes", "epochs", "converged", "margin", "bound")
    dims = ("least_margin", "seed")
    return xr.Dataset(
        {name: (dims, np.stack(column)) for name, column in zip(names, zip(*columns))},
        {"least_margin": list(s.margins), "seed": numbers},
    )
