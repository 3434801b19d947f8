"""Maps of small cells: how often each place is taken, and schedules against optimizers."""

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from lab.plots.panels import panels, plain_schedule
from lab.plots.style import COLOURS, caption, style
from lab.statistics import Interval

NUMBERED = 12  # with more optimizers the cells are too small for numbers
WORST = 10.0  # times the best: beyond it all losses have one colour
TINY = 1e-12


def rank_plot(
    places: Mapping[str, tuple[list[str], np.ndarray]],
    overall: tuple[list[str], Interval],
    text: str,
) -> Figure:
    """Mean rank over tasks, the best at the top; beside it the places on every task.

    Rows are the same optimizers from left to right.

    Args:
      places: By task, labels and the probability of each place [label, place].
      overall: Labels from the best on, and their mean ranks [label].
      text: The caption.
    """
    names, rank = overall
    count = len(names)
    strip = max(2.2, 0.27 * count) if count <= NUMBERED else 3.0
    widths = [3.6, *[strip] * len(places)]
    height = 1.4 + max(0.22 * count, 0.9)
    with style():
        figure, row = plt.subplots(
            1, len(widths), figsize=(sum(widths) + 0.5, height),
            width_ratios=widths, sharey=True, layout="constrained",
        )  # fmt: skip
        row[0].hlines(range(count), rank.low, rank.high, color=COLOURS[0], lw=1.6)
        row[0].plot(rank.estimate, range(count), "o", color=COLOURS[0], ms=5)
        row[0].set_yticks(range(count), names)
        title = "over all tasks" if len(places) > 1 else ""
        row[0].set(xlabel="mean rank (1 is best)", title=title, xlim=(0.8, count + 0.2))
        row[0].xaxis.get_major_locator().set_params(integer=True)
        row[0].set_ylim(count - 0.5, -0.5)
        image: Any = None
        for axes, (task, (labels, chance)) in zip(row[1:], places.items()):
            image = _strip(axes, chance[[labels.index(name) for name in names]], task)
        bar = figure.colorbar(
            image, ax=row.tolist(), aspect=20, shrink=min(0.95, 3 / height), fraction=0.03,
            pad=0.01, label="probability of the place",
        )  # fmt: skip
        bar.set_ticks([0, 0.25, 0.5, 0.75, 1], labels=["0", "25 %", "50 %", "75 %", "100 %"])
        caption(figure, text)
    return figure


def schedule_heat(losses: Mapping[str, xr.DataArray], text: str) -> Figure:
    """Tuned validation loss (optimizer, schedule); a panel per task.

    Colour is the loss over the least of the task, on a log scale; a frame marks the best schedule
    of each optimizer. Infinite where all trials diverged.
    """
    rows = max(x.sizes["optimizer"] for x in losses.values())
    columns = max(x.sizes["schedule"] for x in losses.values())
    ratios = {task: _relative(x.values) for task, x in losses.items()}
    finite = np.concatenate([r[np.isfinite(r)] for r in ratios.values()])
    top = float(np.clip(np.quantile(finite, 0.95), 1.1, WORST)) if finite.size else 1.1
    height = 1.0 + 0.23 * max(rows, 6)
    width = max(3.4, 1.6 + 0.7 * columns) + 0.9 / min(len(losses), 3)
    with style():
        figure, grid = panels(len(losses), height, legend=False, width=width)
        image: Any = None
        for axes, (task, values) in zip(grid, losses.items()):
            image = _panel(axes, values, ratios[task], top)
            axes.set_title(task)
        bar = figure.colorbar(
            image, ax=grid, extend="max", aspect=20, shrink=min(0.95, 2.6 / height), fraction=0.04,
            label="loss / least of the task",
        )  # fmt: skip
        ticks = _ticks(top)
        bar.set_ticks(ticks, labels=[f"{x:g}" for x in ticks])
        bar.minorticks_off()
        caption(figure, text)
    return figure


def _strip(axes: Axes, chance: np.ndarray, task: str):
    count = len(chance)
    image = axes.imshow(
        chance, aspect="auto", cmap="Blues", vmin=0, vmax=1,
        extent=(0.5, count + 0.5, count - 0.5, -0.5),
    )  # fmt: skip
    if count <= NUMBERED:
        for (i, j), share in np.ndenumerate(chance):
            if share >= 0.005:
                axes.text(
                    j + 1, i, f"{100 * share:.0f}", ha="center", va="center", fontsize=7,
                    color="white" if share > 0.55 else "black",
                )  # fmt: skip
    axes.set(title=task, xlabel="place")
    axes.set_xticks(range(1, count + 1) if count <= NUMBERED else [1, *range(10, count + 1, 10)])
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False)
    return image


def _relative(values: np.ndarray) -> np.ndarray:
    finite = values[np.isfinite(values)]
    return values / (max(float(finite.min()), TINY) if finite.size else 1.0)


def _panel(axes: Axes, values: xr.DataArray, ratio: np.ndarray, top: float):
    names, schedules = values.optimizer.values.tolist(), values.schedule.values.tolist()
    shown = np.where(np.isfinite(ratio), ratio, 2 * WORST)
    image = axes.imshow(shown, aspect="auto", cmap="cividis_r", norm=LogNorm(1.0, top))
    for (i, j), loss in np.ndenumerate(values.values):
        axes.text(
            j, i, _digits(float(loss)), ha="center", va="center",
            fontsize=8, color="white" if shown[i, j] > np.sqrt(top) else "black",
        )  # fmt: skip
    for i, row in enumerate(values.values):
        if len(schedules) > 1 and np.isfinite(row).any():
            best = int(np.argmin(np.where(np.isfinite(row), row, np.inf)))
            frame = Rectangle((best - 0.46, i - 0.42), 0.92, 0.84, fill=False, ec="#D55E00", lw=1.6)
            axes.add_patch(frame)
    turned = {"rotation": 30, "ha": "right", "rotation_mode": "anchor"}
    labels = [plain_schedule(s) for s in schedules]
    axes.set_xticks(range(len(schedules)), labels, **(turned if max(map(len, labels)) > 9 else {}))
    axes.set_yticks(range(len(names)), names)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    return image


def _digits(loss: float) -> str:
    if not np.isfinite(loss):
        return "diverged"
    return f"{loss:#.3g}" if loss < 99.95 else f"{loss:,.0f}"


def _ticks(top: float) -> list[float]:
    """Round ratios from 1 to `top`, at least a seventh of the bar apart."""
    kept = [1.0]
    for x in (1.05, 1.1, 1.15, 1.2, 1.3, 1.4, 1.5, 1.7, 2.0, 2.5, 3.0, 4.0, 5.0, 7.0, 10.0):
        if x <= 1.001 * top and x > kept[-1] * top ** (1 / 7):
            kept.append(x)
    return kept
