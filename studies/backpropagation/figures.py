"""Figures of back-propagation: graphs, the error of a gradient check by step, products by depth."""

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.foundations.graphs import Graph, Node
from lab.plots.style import COLOURS, DASHES, caption, style
from lab.study import Record
from studies.backpropagation.graphs import computational_graphs
from studies.backpropagation.runs import Backpropagation


def figures(record: Record[Backpropagation]) -> dict[str, Figure]:
    """With what they show written below."""
    graphs = {
        "$Y = (a + b)(b - c)$": _graph(record["product"]),
        "$f = x_1 x_2 + \\sin x_1$": _graph(record["sine"]),
    }
    return {
        "graphs": computational_graphs(
            graphs,
            "Read off the function. Blue, above: value, left to right. Orange, below: derivative "
            "of the output by it, right to left.",
        ),
        "check": gradient_check(record),
        "multiplications": multiplication_counts(record["counts"]),
    }


def _graph(record: xr.Dataset) -> Graph:
    columns = (record[c].values for c in ("name", "operation", "value", "gradient"))
    return Graph(tuple(
        Node(str(name), str(operation), value, gradient,
             tuple(int(a) for a, b in record.edge.values if b == i))
        for i, (name, operation, value, gradient) in enumerate(zip(*columns))
    ))  # fmt: skip


def gradient_check(record: Record[Backpropagation]) -> Figure:
    """Relative error of finite differences against their step, a panel per precision (log-log)."""
    check, s = record["check"], record.settings
    precisions = check.precision.values.tolist()
    with style():
        figure, row = plt.subplots(1, len(precisions), figsize=(10, 3.9), sharey=True)
        figure.subplots_adjust(wspace=0.08, bottom=0.15)
        for axes, precision in zip(row, precisions):
            one = check.sel(precision=precision)
            epsilon = float(np.finfo(precision).eps)
            axes.set(xscale="log", yscale="log", title=precision, xlabel="step h")
            for i, formula in enumerate(("forward", "central")):
                errors = one.difference.sel(formula=formula).transpose("seed", "h").values
                low, middle, high = np.quantile(errors, [0.05, 0.5, 0.95], 0)
                axes.plot(check.h, middle, color=COLOURS[i], ls=DASHES[i], label=formula)
                axes.fill_between(check.h, low, high, color=COLOURS[i], alpha=0.18, lw=0)
                theory = epsilon ** (1 / 2 if formula == "forward" else 1 / 3)
                axes.plot(
                    theory, 0.02, "^", color=COLOURS[i], ms=7, clip_on=False,
                    transform=axes.get_xaxis_transform(),
                )  # fmt: skip
            _autodiff(axes, max(float(one.autodiff.median()), 1e-17))
        row[0].set(ylabel="relative error of the gradient", ylim=(1e-17, 3))
        row[0].legend(title="differences", loc="lower left", bbox_to_anchor=(0, 0.12))
        caption(
            figure,
            f"Networks {'-'.join(map(str, s.widths))}, tanh and sigmoid, {s.rows} rows: median and "
            f"5–95 % range over {s.seeds} random starts. Relative error\nagainst the gradient by "
            "hand in float64. Triangles: √ε for forward, ∛ε for central differences.",
        )
    return figure


def _autodiff(axes: Axes, error: float) -> None:
    axes.axhline(error, color="black", lw=1.2, ls=(0, (2, 2)))
    axes.text(
        0.99, error * 1.5, "by hand against autodiff", ha="right", va="bottom", fontsize=8.5,
        transform=axes.get_yaxis_transform(),
    )  # fmt: skip


def multiplication_counts(counts: xr.Dataset) -> Figure:
    """Products for all derivatives of one example against the number of hidden layers (log)."""
    with style():
        figure, axes = plt.subplots(figsize=(6.6, 4.0))
        figure.subplots_adjust(right=0.72, bottom=0.14)
        for i, units in enumerate(counts.units.values.tolist()):
            for memoized in (False, True):
                products = counts.products.sel(units=units, memoized=memoized)
                axes.plot(
                    counts.depth, products, "-" if memoized else "--", color=COLOURS[i],
                    marker="o" if memoized else "s", ms=4, mfc=COLOURS[i] if memoized else "white",
                    label=f"{units} units, {'with' if memoized else 'without'} memory",
                )  # fmt: skip
        axes.set(yscale="log", xlabel="hidden layers", ylabel="multiplications (log scale)")
        axes.set(xticks=counts.depth.values[::3], title="All derivatives of one example")
        axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), fontsize=8.5)
        caption(
            figure,
            "All layers, inputs and outputs too, have the same number of units; exact counts.\n"
            "Without memory every output and error is worked out anew at each use.",
        )
    return figure
