"""Schedules against optimizers: a heat map of tuned losses."""

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from lab.labelled import labelled
from lab.plots.figure_arguments import require_some
from lab.plots.panels import panels, plain_schedule
from lab.plots.style import caption, style
from lab.validation.checks import checked

WORST = 10.0  # times the best: beyond it all losses have one colour
TINY = 1e-12


Losses = Annotated[xr.DataArray, labelled("optimizer", "schedule")]


@checked
def schedule_heat(losses: Mapping[str, Losses], text: str) -> Figure:
    """Tuned validation loss of every optimizer under every schedule; a panel per task.

    Colour is the loss over the least of the task, on a log scale; a frame marks the best schedule
    of each optimizer.

    Args:
      losses: By task, (optimizer, schedule); infinite where all trials diverged.
      text: The caption.
    """
    require_some("losses", losses)
    rows = max(x.sizes["optimizer"] for x in losses.values())
    columns = max(x.sizes["schedule"] for x in losses.values())
    ratios = {task: _relative(x.transpose("optimizer", "schedule")) for task, x in losses.items()}
    finite = np.concatenate([r[np.isfinite(r)] for r in ratios.values()])
    top = float(np.clip(np.quantile(finite, 0.95), 1.1, WORST)) if finite.size else 1.1
    height = 1.0 + 0.23 * max(rows, 6)
    with style():
        figure, grid = panels(
            len(losses),
            height,
            legend=False,
            width=max(3.4, 1.6 + 0.7 * columns) + 0.9 / min(len(losses), 3),
        )
        image: Any = None
        for axes, (task, values) in zip(grid, losses.items()):
            image = _panel(axes, values.transpose("optimizer", "schedule"), ratios[task], top)
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


def _relative(values: xr.DataArray) -> np.ndarray:
    finite = values.values[np.isfinite(values.values)]
    least = max(float(finite.min()), TINY) if finite.size else 1.0
    return values.values / least


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
