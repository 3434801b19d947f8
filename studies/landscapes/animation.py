"""A landscape with its optimizers in motion."""

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from lab.plots.animation import Animation
from lab.plots.race_paths import colours_of, contour
from lab.plots.style import style
from lab.tasks.landscapes import LANDSCAPES

COLUMNS, TAIL = 3, 8


def animated(race: xr.Dataset, frames: int, note: str) -> Animation:
    """A panel per optimizer, a dot per start with a short tail; `note` is a line below.

    Frames are closer together at first, when most happens: update numbers grow like t^2.2.
    """
    landscape, last = LANDSCAPES[race.attrs["landscape"]], race.sizes["step"] - 1
    shown = np.unique(np.round(last * np.linspace(0, 1, frames) ** 2.2).astype(int))
    names = race.optimizer.values.tolist()
    rows, colours = -(-len(names) // COLUMNS), colours_of(names)
    pictures = []
    with style():
        figure, grid = plt.subplots(rows, COLUMNS, figsize=(8, 2.5 * rows + 0.55), dpi=100)
        canvas = FigureCanvasAgg(figure)
        figure.subplots_adjust(0.04, 0.1, 0.99, 0.87, wspace=0.12, hspace=0.25)
        drawn = []
        for axes, name in zip(np.ravel(grid), names):
            contour(axes, landscape, levels=10)
            axes.set_title(f"{name}, η = {float(race.rate.sel(optimizer=name)):.2g}", fontsize=10)
            dots = axes.plot([], [], "o", color=colours[name], ms=4.5, mec="white", mew=0.5)[0]
            dots.set_zorder(40)
            tails = axes.plot([], [], color=colours[name], lw=1, alpha=0.8)[0]
            drawn.append((dots, tails, race.path.sel(optimizer=name).values))
        head = figure.text(0.04, 0.955, "", fontsize=12)
        figure.text(0.04, 0.015, note, fontsize=8.5, color="#444444")
        for t in shown:
            for dots, tails, xy in drawn:
                inside = np.where(np.isfinite(xy).all(-1, keepdims=True), xy, np.nan)
                dots.set_data(*inside[:, t].T)
                tail = inside[:, max(0, t - TAIL) : t + 1]
                gaps = np.full((len(tail), 1, 2), np.nan)
                tails.set_data(*np.concatenate([tail, gaps], 1).reshape(-1, 2).T)
            head.set_text(f"{landscape.name.replace('_', ' ')}, update {t}")
            canvas.draw()
            image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
            pictures.append(image)
        plt.close(figure)
    return Animation(pictures, list(colours.values()))
