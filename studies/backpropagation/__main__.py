"""Back-propagation checked: graphs with values both ways, finite differences, and what it saves.

The gradient written out by hand is compared with automatic differentiation and with finite
differences of every step, in both precisions; multiplications are counted with and without memory.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from lab import plots, records, statistics
from lab.foundations import backpropagation as bp
from lab.foundations import counting, worked_example
from lab.foundations.gradient_check import finite_differences, relative_error
from lab.foundations.graphs import Graph, Node, computational_graph
from lab.study.cli import Flags, Folder, main, opened
from lab.study.flags import Whole
from lab.study.tables import comma_separated, markdown
from studies.backpropagation.figures import gradient_check, multiplication_counts
from studies.backpropagation.graphs import computational_graphs

WIDTHS, NAMES, ROWS = (4, 8, 8, 1), ("tanh", "tanh", "sigmoid"), 16
PRECISIONS = ("float32", "float64")
UNITS, DEPTHS = (2, 4, 8), tuple(range(1, 11))


@dataclass(frozen=True)
class Backpropagation(Flags):
    """Flags of the study of back-propagation."""

    steps: Annotated[int, Whole(2, 10_000)] = 40
    """Finite-difference steps tried, between 1e-13 and 1."""


def run(flags: Backpropagation) -> None:
    """Trace, check, count, draw."""
    folder = Folder(flags, "backpropagation")
    if flags.from_ is not None:
        draw(opened(flags.from_, "backpropagation"), folder)
        return
    seeds = flags.seeds or (3 if flags.smoke else 50)
    steps = 8 if flags.smoke else flags.steps
    parts = {
        "product": folder.part("product", lambda _: _graph(_product, 2.0, 1.0, 0.5)),
        "sine": folder.part("sine", lambda _: _graph(_product_and_sine, 2.0, 3.0)),
        "check": folder.part("check", lambda _: _check(seeds, np.geomspace(1e-13, 1, steps))),
        "counts": folder.part("counts", lambda _: _counts()),
    }
    draw(folder.finish(parts, {"seeds": seeds, "steps": steps}), folder)


def _product(a, b, c):
    return (a + b) * (b - c)


def _product_and_sine(x1, x2):
    return x1 * x2 + jnp.sin(x1)


def _graph(function, *at: float) -> xr.Dataset:
    """A graph of scalars as arrays."""
    nodes = computational_graph(function, *at).nodes
    edges = [(source, number) for number, node in enumerate(nodes) for source in node.inputs]
    gradients = [np.nan if node.gradient is None else float(node.gradient) for node in nodes]
    return records.stamp(
        xr.Dataset({
            "name": ("node", [node.name for node in nodes]),
            "operation": ("node", [node.operation for node in nodes]),
            "value": ("node", [float(node.value) for node in nodes]),
            "gradient": ("node", gradients),
            "edge": (("number", "end"), np.array(edges)),
        }),
        {"at": list(at)},
    )  # fmt: skip


def _regraph(record: xr.Dataset) -> Graph:
    edges = record.edge.values
    return Graph(
        tuple(
            Node(
                str(record.name.values[i]), str(record.operation.values[i]),
                record.value.values[i], record.gradient.values[i],
                tuple(int(a) for a, b in edges if b == i),
            )
            for i in range(record.sizes["node"])
        )
    )  # fmt: skip


def _check(seeds: int, steps: np.ndarray) -> xr.Dataset:
    """Relative errors of finite differences and of autodiff, against the gradient by hand."""
    with jax.enable_x64(True):
        both = [_errors(dtype, seeds, steps) for dtype in PRECISIONS]
    dims = ("precision", "seed")
    return records.stamp(
        xr.Dataset(
            {
                "difference": ((*dims, "formula", "h"), np.stack([d for d, _ in both])),
                "autodiff": (dims, np.stack([a for _, a in both])),
            },
            {"precision": list(PRECISIONS), "formula": ["forward", "central"], "h": steps},
        ),
        {"widths": WIDTHS, "activations": NAMES, "rows": ROWS},
    )


def _errors(dtype: str, seeds: int, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """[S, 2, H] and [S], with the same parameters and rows in both precisions."""

    def one(key):
        keys = jax.random.split(key, 3)
        layers = bp.initialize(keys[0], WIDTHS, jnp.float32)
        x = jax.random.normal(keys[1], (ROWS, WIDTHS[0]), jnp.float32)
        t = jax.random.uniform(keys[2], (ROWS, WIDTHS[-1]), jnp.float32)
        layers64, x64, t64 = _cast((layers, x, t), jnp.float64)
        exact = bp.gradient(layers64, x64, t64, NAMES)
        layers, x, t = _cast((layers, x, t), jnp.dtype(dtype))

        def loss(layers):
            return bp.loss(layers, x, t, NAMES)

        def error(gradient):
            return relative_error(_cast(gradient, jnp.float64), exact)

        def of_step(h, central):
            return error(finite_differences(loss, layers, h, central=central))

        rows = [jax.lax.map(partial(of_step, central=c), jnp.asarray(steps)) for c in (False, True)]
        by_hand, auto = bp.gradient(layers, x, t, NAMES), jax.grad(loss)(layers)
        return jnp.stack(rows), relative_error(by_hand, auto)

    keys = jax.random.split(jax.random.key(0), seeds)
    return jax.device_get(jax.jit(jax.vmap(one))(keys))


def _cast(tree, dtype):
    return jax.tree.map(lambda leaf: leaf.astype(dtype), tree)


def _counts() -> xr.Dataset:
    """Products for all derivatives of a net with equal layers, by number of hidden layers."""
    counts = [
        [
            [counting.multiplications([n] * (d + 2), memoized=m) for d in DEPTHS]
            for m in (True, False)
        ]
        for n in UNITS
    ]
    return records.stamp(
        xr.Dataset(
            {"products": (("units", "memoized", "depth"), np.array(counts, float))},
            {"units": list(UNITS), "memoized": [True, False], "depth": list(DEPTHS)},
        ),
        {},
    )


def draw(record: xr.DataTree, folder: Folder) -> None:
    """Figures, table and verdict, from the record alone."""
    check, counts = record["check"].to_dataset(), record["counts"].to_dataset()
    graphs = {
        "$Y = (a + b)(b - c)$": _regraph(record["product"].to_dataset()),
        "$f = x_1 x_2 + \\sin x_1$": _regraph(record["sine"].to_dataset()),
    }
    plots.save(
        computational_graphs(
            graphs,
            "Read off the function. Blue, above: value, left to right. Orange, below: derivative "
            "of the output by it, right to left.",
        ),
        folder.path / "graphs.png",
    )
    plots.save(
        gradient_check(
            check,
            f"Networks {'-'.join(map(str, WIDTHS))}, tanh and sigmoid, {ROWS} rows: median and "
            f"5–95 % range over {check.sizes['seed']} random starts. Relative error\nagainst the "
            "gradient by hand in float64. Triangles: √ε for forward, ∛ε for central differences.",
        ),
        folder.path / "check.png",
    )
    plots.save(
        multiplication_counts(
            counts, "All layers, inputs and outputs too, have the same number of units; exact "
            "counts.\nWithout memory every output and error is worked out anew at each use.",
        ),
        folder.path / "multiplications.png",
    )  # fmt: skip
    header = ["precision", "formula", "best h", "error there", "error at h = 1e-8"]
    rows = []
    for precision in PRECISIONS:
        for formula in ("forward", "central"):
            median = check.difference.sel(precision=precision, formula=formula).median("seed")
            best = int(median.argmin("h"))
            rows.append([
                precision, formula, f"{float(check.h[best]):.0e}", f"{float(median[best]):.0e}",
                f"{float(median.sel(h=1e-8, method='nearest')):.0e}",
            ])  # fmt: skip
    page = (
        f"# Back-propagation\n\n{markdown(header, rows)}\n{verdict(check, counts)}\n\n"
        "## The worked example\n\n"
        f"{markdown(['number', 'exact', 'with the slip', 'printed'], worked())}\n"
        "The slip: w15 is added where the net input of unit 6 needs w16. The second net7 is a "
        "misprint: it repeats the first."
    )
    folder.text("table.md", page + "\n")
    folder.text("table.csv", comma_separated(header, rows))
    print("\n" + page + f"\n\nfigures, tables and record: {folder.path}")


def verdict(check: xr.Dataset, counts: xr.Dataset) -> str:
    """Three claims."""
    worst = {p: float(check.autodiff.sel(precision=p).max()) for p in PRECISIONS}
    limits = {"float32": 1e-5, "float64": 1e-13}
    same = all(worst[p] < limits[p] for p in PRECISIONS)
    logs = np.log10(np.maximum(check.difference.sel(formula="central"), 1e-20))
    tiny = logs.isel(h=0) - logs.min("h")
    gap = statistics.mean_interval(tiny.transpose("precision", "seed").values)
    twelve = counts.sel(units=4, depth=DEPTHS[-1]).products
    ratio = float(twelve.sel(memoized=False) / twelve.sel(memoized=True))
    steps = counts.products.sel(units=4, memoized=False)
    growth = float(steps[-1] / steps[-2])
    return "\n".join([
        "**Verdict.**",
        f"- *By hand = automatic differentiation*: {'held' if same else 'did not hold'}; largest "
        f"relative difference {worst['float64']:.0e} in float64, {worst['float32']:.0e} in "
        f"float32, over {check.sizes['seed']} starts.",
        f"- *A smaller step gives a better gradient check*: "
        f"{'did not hold' if (gap.low > 0).all() else 'inconclusive'}; at h = 1e-13 the error of "
        f"central differences is 10^{gap.estimate[0]:.1f} (10^{gap.low[0]:.1f} to "
        f"10^{gap.high[0]:.1f}) times that of the best step in float32, 10^{gap.estimate[1]:.1f} "
        f"(10^{gap.low[1]:.1f} to 10^{gap.high[1]:.1f}) in float64.",
        f"- *Memory turns exponential into linear cost*: held, by counting; {DEPTHS[-1]} hidden "
        f"layers of 4 units take {float(twelve.sel(memoized=True)):,.0f} products with memory, "
        f"{ratio:.0e} times as many without, and {growth:.1f} times more with each layer.",
    ])  # fmt: skip


def worked() -> list[Sequence[str]]:
    """The textbook's numbers: exact, with its slip, and as printed."""
    rows: list[Sequence[str]] = []
    exact, slip = worked_example.steps(), worked_example.steps(slip=True)
    for name, printed in worked_example.PRINTED.items():
        values = [f"{_worked_number(steps, name):.4f}" for steps in (exact, slip)]
        rows.append([name, *values, f"{printed:g}"])
    return rows


def _worked_number(steps: worked_example.Steps, name: str) -> float:
    output = steps.updated[1]
    special = {
        "w57": output.weights[0, 0], "w67": output.weights[1, 0], "bias7": output.bias[0],
        "err7": steps.err7, "err6": steps.err6, "err5": steps.err5,
    }  # fmt: skip
    if name in special:
        return float(special[name])
    which = steps.second if name.startswith("second ") else steps.first
    return float(getattr(which, name.removeprefix("second ")))


if __name__ == "__main__":
    main(Backpropagation, run)
