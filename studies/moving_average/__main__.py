"""What does an exponentially weighted moving average remember, and is it better than a simple one?

V_t = βV_{t−1} + (1 − β)θ_t with and without bias correction, beside the simple average whose
window has the same noise, on a noisy wave and on a step, over many draws of the noise.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import xarray as xr

import lab
from lab import plots
from lab.statistics import mean_interval
from lab.statistics.averages import ema, ema_reach, ema_weights, simple_average
from lab.study.cli import Flags, Folder, main, opened
from lab.study.flags import Number, Whole
from lab.study.tables import comma_separated, markdown
from studies.moving_average.figures import moving_averages

FIRST_SEED = 42
KINDS = ("plain", "corrected", "simple")


@dataclass(frozen=True)
class MovingAverage(Flags):
    """Flags of the study of moving averages."""

    beta: Annotated[float, Number(0, 0.9999, ends=False)] = 0.8
    """β: how much of the average before is kept."""
    observations: Annotated[int, Whole(30, 10_000)] = 100
    """Length of the series."""


def run(flags: MovingAverage) -> None:
    """Average many noisy series, draw one."""
    folder = Folder(flags, "moving_average")
    if flags.from_ is not None:
        draw(opened(flags.from_, "moving_average"), folder)
        return
    seeds = flags.seeds or (10 if flags.smoke else 1000)
    record = measure(flags.beta, flags.observations, seeds)
    configuration = {"beta": flags.beta, "observations": flags.observations, "seeds": seeds}
    record = lab.records.stamp(record, configuration)
    draw(folder.finish({"averages": record}, configuration), folder)


def measure(beta: float, count: int, seeds: int) -> xr.Dataset:
    """Averages of noisy series, and what they make of a step."""
    window = max(1, round((1 + beta) / (1 - beta)))  # its noise variance is that of the EWMA
    t = np.arange(1, count + 1)
    signal = 15 + 8 * np.sin(2 * np.pi * t / count)
    data = np.stack(
        [
            signal + 3 * np.random.default_rng(FIRST_SEED + s).normal(size=count)
            for s in range(seeds)
        ]
    )
    step = (t > count // 2).astype(float)
    ages = max(30, 3 * window)
    expanded = np.stack([data[:, u::-1] @ ema_weights(beta, u + 1) for u in range(count)], -1)

    def averages(x):
        return np.stack([ema(x, beta), ema(x, beta, debias=True), simple_average(x, window)])

    uniform = np.where(np.arange(ages) < window, 1 / window, 0.0)
    plain = ema_weights(beta, ages)
    return xr.Dataset(
        {
            "signal": ("t", signal, {"long_name": "series without noise"}),
            "data": (("seed", "t"), data),
            "average": (("kind", "seed", "t"), averages(data)),
            "step_response": (("kind", "t"), averages(step)),
            "weight": (("kind", "age"), np.stack([plain, plain, uniform])),
            "expansion_error": ((), np.abs(expanded - ema(data, beta)).max()),
        },
        {
            "kind": list(KINDS),
            "t": t,
            "age": np.arange(ages),
            "seed": FIRST_SEED + np.arange(seeds),
        },
        {"beta": beta, "window": window, "reach": ema_reach(beta)},
    )


def draw(record: xr.DataTree, folder: Folder) -> None:
    """Figure, table and verdict, from the record alone."""
    averages = record["averages"].to_dataset()
    beta, window, seeds = averages.attrs["beta"], averages.attrs["window"], averages.sizes["seed"]
    text = (
        f"A wave of 15 ± 8 with normal noise of standard deviation 3; {averages.sizes['t']} "
        f"observations, seed {FIRST_SEED} shown.\nThe simple average has the window (1 + β)/(1 − β)"
        f" = {window}, where both have the same noise and the same lag."
    )
    figure = moving_averages(averages.isel(seed=0), text)
    plots.save(figure, folder.path / "panels.png")
    error = np.sqrt(((averages.average - averages.signal) ** 2).mean("t"))
    first = averages.average.isel(t=0) - averages.signal.isel(t=0)
    half = averages.sizes["t"] // 2
    response = averages.step_response.isel(t=slice(half, None))
    header = ["average", "RMS error", "first value off by", "half of a step after", "95 % after"]
    rows = []
    for kind in KINDS:
        after = response.sel(kind=kind).values
        rows.append([
            kind, _pm(error.sel(kind=kind).values), _pm(first.sel(kind=kind).values),
            str(int(np.argmax(after >= 0.5)) + 1), str(int(np.argmax(after >= 0.95)) + 1),
        ])  # fmt: skip
    table = markdown(header, rows)
    verdict = _verdict(averages, error, rows)
    about = f"β = {beta:g}, window {window}; mean over {seeds} seeds ± 95 % t interval.\n"
    folder.text("table.md", f"# Moving averages\n\n{table}\n{about}\n{verdict}")
    folder.text("table.csv", comma_separated(header, rows))
    folder.text("verdict.md", verdict)
    print(f"{table}\n{about}\n{verdict}\nfigures, tables and record: {folder.path}")


def _pm(values: np.ndarray) -> str:
    mean, low, _ = mean_interval(values)
    return f"{mean:.3f} ± {mean - low:.3f}"


def _held(true: bool) -> str:
    return "held" if true else "did not hold"


def _verdict(averages: xr.Dataset, error: xr.DataArray, rows: list[list[str]]) -> str:
    beta = averages.attrs["beta"]
    memory = 1 / (1 - beta)
    inside = 1 - beta**memory
    ten = float(ema_weights(beta, 10).sum())
    late = np.sqrt(((averages.average - averages.signal) ** 2).isel(t=slice(30, None)).mean("t"))
    gap = mean_interval((late.sel(kind="corrected") - late.sel(kind="simple")).values)
    ahead = "held" if gap.high < 0 else "did not hold" if gap.low > 0 else "inconclusive"
    plain, corrected = (averages.average.sel(kind=k).isel(t=0) for k in ("plain", "corrected"))
    truth = float(averages.signal[0])
    wrong = float(averages.expansion_error)
    start = mean_interval((corrected - truth).values)
    repaired = bool(start.low <= 0 <= start.high)
    return "\n".join([
        f"- *The recursion is the expanded sum Σ (1 − β)βᵏ θ_(t−k).* **{_held(wrong < 1e-9)}**: "
        f"largest difference {wrong:.1e}.",
        f"- *An average with β = {beta:g} remembers the last 1/(1 − β) = {memory:.3g} values.* "
        f"**{_held(inside >= 0.95)}** as a window, it is a time constant: they carry {inside:.0%} "
        f"of the weight; 95 % takes {averages.attrs['reach']}.",
        f"- *Ten weights reach the 95 % line* (printed for β = 0.8). "
        f"**{_held(ten >= 0.95)}**: at β = {beta:g} they sum to {ten:.3f}.",
        f"- *Bias correction repairs the start.* **{_held(repaired)}**: the first average is "
        f"{float(plain.mean()):.2f} without and {float(corrected.mean()):.2f} with it, for a "
        f"signal of {truth:.2f}.",
        f"- *The exponential average follows better than a simple one.* **{ahead}** at equal "
        f"noise: RMS error beyond t = 30 differs by {gap.estimate:+.4f} [{gap.low:+.4f}, "
        f"{gap.high:+.4f}]; it passes half of a step after {rows[1][3]} observations against "
        f"{rows[2][3]}, but 95 % after {rows[1][4]} against {rows[2][4]}.",
    ]) + "\n"  # fmt: skip


if __name__ == "__main__":
    main(MovingAverage, run)
