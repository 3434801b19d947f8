"""Figures of back-propagation: the error of a gradient check by step, and products by depth."""

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.plots.style import COLOURS, DASHES, caption, style


def gradient_check(check: xr.Dataset, text: str) -> Figure:
    """Relative error of finite differences against their step, a panel per precision (log-log).

    Args:
      check: `difference` (precision, seed, formula, h), `autodiff` (precision, seed).
      text: The caption.
    """
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
            _autodiff(axes, float(one.autodiff.median()))
        row[0].set_ylabel("relative error of the gradient")
        row[0].set_ylim(1e-17, 3)
        row[0].legend(title="differences", loc="lower left", bbox_to_anchor=(0, 0.12))
        caption(figure, text)
    return figure


def _autodiff(axes: Axes, error: float) -> None:
    axes.axhline(max(error, 1e-17), color="black", lw=1.2, ls=(0, (2, 2)))
    axes.text(
        0.99, max(error, 1e-17) * 1.5, "by hand against autodiff", ha="right", va="bottom",
        fontsize=8.5, transform=axes.get_yaxis_transform(),
    )  # fmt: skip


def multiplication_counts(counts: xr.Dataset, text: str) -> Figure:
    """Products for all derivatives of one example against the number of hidden layers (log).

    Args:
      counts: `products` (units, memoized, depth).
      text: The caption.
    """
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
        axes.set(
            yscale="log",
            xlabel="hidden layers",
            ylabel="multiplications (log scale)",
            xticks=counts.depth.values[::3],
        )
        axes.set_title("All derivatives of one example")
        axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), fontsize=8.5)
        caption(figure, text)
    return figure
