"""What is worked out: two graphs, the errors of gradients, and numbers of products."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from lab.foundations import backpropagation as bp
from lab.foundations import counting
from lab.foundations.gradient_check import finite_differences, relative_error
from lab.foundations.graphs import computational_graph
from lab.study import Parts, Settings, flags

PRECISIONS = ("float32", "float64")


@dataclass(frozen=True)
class Backpropagation(Settings):
    """Of the study of back-propagation."""

    seeds: Annotated[int, flags.whole(2, 100_000)] = 50
    """Random networks, each with random rows, whose gradients are checked."""
    steps: Annotated[int, flags.whole(2, 10_000)] = 40
    """Finite-difference steps tried, between 1e-13 and 1."""
    widths: tuple[int, ...] = (4, 8, 8, 1)
    activations: tuple[str, ...] = ("tanh", "tanh", "sigmoid")
    rows: int = 16
    counted_units: tuple[int, ...] = (2, 4, 8)  # of all layers of the nets whose products count
    deepest: int = 10  # hidden layers of these


def parts(s: Backpropagation) -> Parts:
    """Graphs of two functions, errors of gradients, counts."""
    yield "product", lambda _: graph(lambda a, b, c: (a + b) * (b - c), 2.0, 1.0, 0.5)
    yield "sine", lambda _: graph(lambda x1, x2: x1 * x2 + jnp.sin(x1), 2.0, 3.0)
    yield "check", lambda _: check(s)
    yield "counts", lambda _: counts(s)


def graph(function, *at: float) -> xr.Dataset:
    """A graph of scalars as arrays."""
    nodes = computational_graph(function, *at).nodes
    edges = [(source, number) for number, node in enumerate(nodes) for source in node.inputs]
    gradients = [np.nan if node.gradient is None else float(node.gradient) for node in nodes]
    return xr.Dataset(
        {
            "name": ("node", [node.name for node in nodes]),
            "operation": ("node", [node.operation for node in nodes]),
            "value": ("node", [float(node.value) for node in nodes]),
            "gradient": ("node", gradients),
            "edge": (("number", "end"), np.array(edges)),
        }
    )


def check(s: Backpropagation) -> xr.Dataset:
    """Relative errors of finite differences and of autodiff, against the gradient by hand."""
    steps = np.geomspace(1e-13, 1, s.steps)
    keys = jax.random.split(jax.random.key(s.numbers(1)[0]), s.seeds)
    with jax.enable_x64(True):
        both = [
            jax.device_get(jax.jit(jax.vmap(partial(errors, s, dtype, steps)))(keys))
            for dtype in PRECISIONS
        ]
    dims = ("precision", "seed")
    return xr.Dataset(
        {
            "difference": ((*dims, "formula", "h"), np.stack([d for d, _ in both])),
            "autodiff": (dims, np.stack([a for _, a in both])),
        },
        {"precision": list(PRECISIONS), "formula": ["forward", "central"], "h": steps},
    )


def errors(
    s: Backpropagation, dtype: str, steps: np.ndarray, key: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """[formula, h] and [], with the same parameters and rows in both precisions."""
    keys = jax.random.split(key, 3)
    layers = bp.initialize(keys[0], s.widths, jnp.float32)
    x = jax.random.normal(keys[1], (s.rows, s.widths[0]), jnp.float32)
    t = jax.random.uniform(keys[2], (s.rows, s.widths[-1]), jnp.float32)
    layers, x, t = _cast((layers, x, t), jnp.float64)
    exact = bp.gradient(layers, x, t, s.activations)
    layers, x, t = _cast((layers, x, t), jnp.dtype(dtype))

    def loss(layers):
        return bp.loss(layers, x, t, s.activations)

    def of_step(h, central):
        gradient = finite_differences(loss, layers, h, central=central)
        return relative_error(_cast(gradient, jnp.float64), exact)

    rows = [jax.lax.map(partial(of_step, central=c), jnp.asarray(steps)) for c in (False, True)]
    by_hand, auto = bp.gradient(layers, x, t, s.activations), jax.grad(loss)(layers)
    return jnp.stack(rows), relative_error(by_hand, auto)


def _cast(tree, dtype):
    return jax.tree.map(lambda leaf: leaf.astype(dtype), tree)


def counts(s: Backpropagation) -> xr.Dataset:
    """Products for all derivatives of a net with equal layers, by number of hidden layers."""
    depths = range(1, s.deepest + 1)
    found = [
        [
            [counting.multiplications([n] * (d + 2), memoized=m) for d in depths]
            for m in (True, False)
        ]
        for n in s.counted_units
    ]
    return xr.Dataset(
        {"products": (("units", "memoized", "depth"), np.array(found, float))},
        {"units": list(s.counted_units), "memoized": [True, False], "depth": list(depths)},
    )
