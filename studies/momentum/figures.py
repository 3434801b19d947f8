"""Figures of the momentum study: contraction, heat maps, swings, and what a batch size allows."""

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from lab.plots.race_paths import race_figure
from lab.plots.style import COLOURS, DASHES, caption, label_ends, style
from lab.study import Record
from studies.momentum.claims import both_swing
from studies.momentum.runs import Momentum


def figures(record: Record[Momentum]) -> dict[str, Figure]:
    """With what they show written below."""
    s = record.settings
    return {
        "contraction": contraction(
            record["contraction"],
            "½ Σ hᵢwᵢ² with curvatures 1/κ and 1, best numbers for that κ, float64; one start, no "
            "randomness.",
        ),
        "heatmap": heat_maps(
            record["heat"],
            f"κ = {s.condition:g}; {s.steps} updates from (1, 1), float64. White contours: theory. "
            "Red: edge of stability, 2(1+β)/η or 2(1+β)/(η(1+2β)). Ring: fastest measured.",
        ),
        "races": race_figure(record.under("race"), raced(s)),
        "oscillation": swings(
            record["oscillation"],
            f"f = ½w², η = {s.swing_rate:g}, β = {s.momentum:g}",
            "Detour: way travelled beyond the straight way. Blue: Nesterov swings less. Grey: one "
            "of them does not swing or converges slower than 0.98 per update.",
        ),
        "batch": batches(
            record["batch"],
            f"Exact risk in {s.dimension} dimensions, curvatures 1/i, noise covariance = Hessian; "
            f"best of {s.batch_rates} learning rates for every β and batch size.",
        ),
    }


def raced(s: Momentum) -> str:
    """How the races were run."""
    return (
        f"{s.race_steps} updates, β = {s.momentum:g}, best of the same {s.rates} learning rates "
        f"on {s.tuning_starts} other starts. Median and middle half of {s.seeds} random starts; "
        "maps: the highest of them, stars: minima. Saddle: starts on its ridge, |y| ≤ 0.002."
    )


def contraction(record: xr.Dataset, text: str) -> Figure:
    """Left the error of runs with the slope of theory; right 1 − ρ against κ."""
    kappa = record.condition.values
    shown = kappa[len(kappa) // 2]
    with style():
        figure, (runs, rates) = plt.subplots(1, 2, figsize=(9.2, 3.9))
        figure.subplots_adjust(wspace=0.3, left=0.07, right=0.99, bottom=0.14)
        for i, method in enumerate(record.rule.values.tolist()):
            line = {"color": COLOURS[i], "ls": DASHES[i]}
            mine = record.sel(rule=method)
            runs.plot(record.step, mine.error.sel(condition=shown), label=method, **line)
            slope = float(mine.theory.sel(condition=shown)) ** record.step.values
            runs.plot(record.step, slope, color=COLOURS[i], lw=0.7, alpha=0.7)
            rates.plot(kappa, 1 - mine.theory, label=method, lw=1.2, **line)
            rates.plot(kappa, 1 - mine.fitted, "osD^"[i], color=COLOURS[i], ms=6, mfc="white")
        runs.set(
            yscale="log", ylim=(1e-16, 3), xlim=(0, 400), xlabel="updates",
            ylabel="distance to the minimum, ‖w‖/‖w₀‖", title=f"Runs at κ = {shown:g}; thin: ρᵗ",
        )  # fmt: skip
        rates.set(
            xscale="log",
            yscale="log",
            xlabel="condition number κ",
            ylabel="1 − contraction per update",
            title="Lines: theory; points: fitted to runs",
        )
        rates.legend(fontsize=8.5)
        caption(figure, text)
    return figure


def heat_maps(record: xr.Dataset, text: str) -> Figure:
    """Measured contraction over momentum × rate; contours are theory, red the edge."""
    rate, momentum = record.rate.values, record.momentum.values
    with style():
        figure, row = plt.subplots(1, 2, figsize=(9.2, 4.0), sharey=True)
        figure.subplots_adjust(wspace=0.08, left=0.07, right=0.9, bottom=0.14)
        mesh = None
        for axes, method in zip(row, record.rule.values.tolist()):
            mine = record.sel(rule=method)
            measured, theory = (_fold(x.values) for x in (mine.measured, mine.theory))
            axes.set_facecolor("#DDDDDD")
            mesh = axes.pcolormesh(
                rate, momentum, measured, cmap="viridis_r", norm=LogNorm(4, 1000),
                shading="nearest", rasterized=True,
            )  # fmt: skip
            lines = axes.contour(
                rate, momentum, theory, levels=[5, 10, 20, 50, 100, 200, 500], colors="white",
                linewidths=0.9,
            )  # fmt: skip
            axes.clabel(lines, fontsize=7.5, fmt="%g")
            edge = 2 * (1 + momentum) / (1 if method == "heavy ball" else 1 + 2 * momentum)
            axes.plot(edge, momentum, color=COLOURS[1], lw=1.6)
            at = np.unravel_index(np.nanargmin(measured), measured.shape)
            axes.plot(rate[at[1]], momentum[at[0]], "o", ms=9, mfc="none", mec="black", mew=1.6)
            axes.set(
                xscale="log",
                xlim=(rate[0], rate[-1]),
                ylim=(0, momentum[-1]),
                title=method,
                xlabel="learning rate η × largest curvature",
            )
            axes.text(
                0.98, 0.04, "diverges", transform=axes.transAxes, ha="right", color=COLOURS[1]
            )
            axes.grid(visible=False)
        row[0].set_ylabel("momentum β")
        assert mesh is not None
        bar = figure.colorbar(mesh, ax=row.tolist(), pad=0.02, fraction=0.04)
        bar.set_label("updates per factor e, −1 / ln ρ")
        caption(figure, text)
    return figure


def _fold(contraction: np.ndarray) -> np.ndarray:
    """Updates in which the error falls by e; NaN where it grows."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(contraction < 1 - 1e-9, -1 / np.log(contraction), np.nan)


def swings(record: xr.Dataset, title: str, text: str) -> Figure:
    """Left one run of each rule; right the ratio of their detours over momentum × rate."""
    ratio = record.detour.sel(rule="Nesterov") / record.detour.sel(rule="heavy ball")
    with style():
        figure, (run, ratios) = plt.subplots(1, 2, figsize=(9.2, 3.7))
        figure.subplots_adjust(wspace=0.25, left=0.07, right=0.97, bottom=0.15)
        for i, method in enumerate(record.rule.values.tolist()):
            path = record.path.sel(rule=method)
            run.plot(record.step, path, color=COLOURS[i], ls=DASHES[i], label=method)
        run.axhline(0, color="#555555", lw=0.8)
        run.legend()
        label = "w, from 1 to the minimum at 0"
        run.set(xlim=(0, 60), xlabel="updates", ylabel=label, title=title)
        ratios.set_facecolor("#DDDDDD")
        mesh = ratios.pcolormesh(
            record.rate, record.momentum, np.log2(ratio.clip(1 / 64)).where(both_swing(record)),
            cmap="RdBu_r", vmin=-3, vmax=3, shading="nearest", rasterized=True,
        )  # fmt: skip
        ratios.set(
            xscale="log",
            xlabel="learning rate η × curvature",
            ylabel="momentum β",
            title="Detour of Nesterov / heavy ball",
        )
        ratios.grid(visible=False)
        bar = figure.colorbar(mesh, ax=ratios, ticks=[-3, -2, -1, 0, 1, 2, 3], pad=0.03)
        bar.ax.set_yticklabels(["1/8", "1/4", "1/2", "1", "2", "4", "8"])
        caption(figure, text)
    return figure


def batches(record: xr.Dataset, text: str) -> Figure:
    """Updates to the target against batch size, a line per momentum."""
    with style():
        figure, axes = plt.subplots(figsize=(6.6, 3.9))
        figure.subplots_adjust(left=0.11, right=0.8, bottom=0.14)
        momenta = record.momentum.values.tolist()
        ends = []
        for i, momentum in enumerate(momenta):
            updates = record.updates.sel(momentum=momentum)
            updates = updates.where(np.isfinite(updates))
            line = {"color": COLOURS[i], "ls": DASHES[i], "marker": "o", "ms": 3, "lw": 1.4}
            axes.plot(record.batch, updates, **line)
            name = "β = 0 (descent)" if momentum == 0 else f"β = {momentum:g}"
            ends.append((float(record.batch[-1]), float(updates[-1]), name, COLOURS[i]))
        axes.set_xscale("log", base=2)
        axes.set(yscale="log", xlabel="batch size", ylabel="updates to 1 % of the first loss")
        axes.set_title("Noisy quadratic model")
        figure.canvas.draw()
        label_ends(axes, ends)
        caption(figure, text)
    return figure
