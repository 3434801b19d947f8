"""Computational graphs, drawn: values forward above each node, gradients backward below."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.foundations.graphs import Graph
from lab.plots.style import COLOURS, caption, style


def computational_graphs(graphs: Mapping[str, Graph], text: str) -> Figure:
    """A panel per function, by title; columns are depths, arrows lead from inputs to the output."""
    widths = [max(graph.depth) + 1 for graph in graphs.values()]
    tallest = max(max(graph.depth.count(d) for d in graph.depth) for graph in graphs.values())
    with style():
        figure, row = plt.subplots(
            1,
            len(graphs),
            figsize=(1.9 * sum(widths) + 0.4, 1.15 * tallest + 0.6),
            squeeze=False,
            width_ratios=widths,
        )
        figure.subplots_adjust(wspace=0.05, left=0.01, right=0.99, bottom=0.02)
        for axes, (title, graph) in zip(row[0], graphs.items()):
            _draw(axes, graph)
            axes.set_title(title)
        caption(figure, text)
    return figure


def _draw(axes: Axes, graph: Graph) -> None:
    at = _places(graph)
    for number, node in enumerate(graph.nodes):
        x, y = at[number]
        for source in node.inputs:
            axes.annotate(
                "", xy=(x, y), xytext=at[source], zorder=1,
                arrowprops={"arrowstyle": "-|>", "color": "#888888", "lw": 1.1, "shrinkA": 15,
                            "shrinkB": 16, "connectionstyle": "arc3,rad=0.06"},
            )  # fmt: skip
        operation = node.operation not in ("input", "constant")
        axes.plot(
            x, y, "o" if operation else "s", ms=25, mfc="white", zorder=2,
            mec="black" if node.operation != "constant" else "#AAAAAA",
        )  # fmt: skip
        shown = node.operation if operation else node.name
        size = 12 if len(shown) <= 2 else 9 if len(shown) <= 4 else 6.5
        axes.text(x, y, shown, ha="center", va="center", zorder=3, fontsize=size)
        for value, up, side, colour in (
            (node.value, 15, "bottom", COLOURS[0]),
            (node.gradient, -15, "top", COLOURS[1]),
        ):
            if value is not None:
                axes.annotate(
                    _number(value), (x, y), (0, up), textcoords="offset points", ha="center",
                    va=side, color=colour, fontsize=9, zorder=4,
                )  # fmt: skip
    xs, ys = np.array(at).T
    axes.set(xlim=(xs.min() - 0.45, xs.max() + 0.45), ylim=(ys.min() - 0.6, ys.max() + 0.6))
    axes.axis("off")


def _places(graph: Graph) -> list[tuple[float, float]]:
    """A column per depth; within it, nodes stand beside what they are made of."""
    depth = graph.depth
    at: list[tuple[float, float]] = [(0.0, 0.0)] * len(depth)
    for column in range(max(depth) + 1):
        members = [n for n, d in enumerate(depth) if d == column]
        wanted = [_wanted(graph.nodes[n].inputs, at, place) for place, n in enumerate(members)]
        order = np.argsort(wanted, kind="stable")
        heights = _apart([wanted[i] for i in order])
        for i, height in zip(order, heights):
            at[members[i]] = (float(column), height)
    return at


def _wanted(inputs: Sequence[int], at: list[tuple[float, float]], place: int) -> float:
    return float(np.mean([at[i][1] for i in inputs])) if inputs else -float(place)


def _apart(heights: Sequence[float]) -> list[float]:
    """The same heights at least 1 apart, around the same middle."""
    spread = [heights[0]]
    for height in heights[1:]:
        spread.append(max(height, spread[-1] + 1.0))
    shift = np.mean(heights) - np.mean(spread)
    return [height + float(shift) for height in spread]


def _number(value: np.ndarray) -> str:
    if np.ndim(value) > 0:
        return "×".join(map(str, np.shape(value)))
    return f"{float(value):.4g}".replace("-", "−")
