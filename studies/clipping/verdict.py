"""The computed statements of the study of clipping, each with its interval."""

import numpy as np
import xarray as xr

from lab import statistics
from lab.statistics.intervals import Interval
from studies.clipping.runs import PLAIN, taken

SPELT = {"global norm": "by global norm", "adaptive": "adaptively"}
TRAINED = 0.5  # of the way from guessing to perfection, at the end of the budget
SPIKE, BEFORE = 3.0, 20  # a loss so many times the median of the so many batches before
CLIFF = 10.0  # largest gradient norm of a run over its median: beyond it there are cliffs


def spikes(loss: np.ndarray, diverged_at: int) -> int:
    """Loss spikes of a run [T]: stretches above `SPIKE` times the median of `BEFORE` losses.

    A stretch counts once; what comes after a divergence does not count, nor does the divergence.
    """
    loss = loss[: diverged_at if diverged_at >= 0 else None]
    if len(loss) <= BEFORE:
        return 0
    windows = np.lib.stride_tricks.sliding_window_view(loss[:-1], BEFORE)
    high = loss[BEFORE:] > SPIKE * np.median(windows, -1)
    return int(high[0]) + int((high[1:] & ~high[:-1]).sum())


def spike_rates(part: xr.Dataset) -> np.ndarray:
    """Spikes per 1,000 updates that were taken: [rate, seed]."""
    loss, at = part.loss.values, part.diverged_at.values
    updates = np.where(at >= 0, np.maximum(at, 1), loss.shape[-1])
    counts = [[spikes(x, int(k)) for x, k in zip(*row)] for row in zip(loss, at)]
    return 1000 * np.array(counts) / updates


def decades(good: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """Decades of learning rate where a seed is good: [rate, seed] -> [seed].

    The rates that are, times the distance of two rates: the grid bounds it.
    """
    step = np.log10(rates[-1] / rates[0]) / max(1, len(rates) - 1)
    return good.sum(0) * step


def steepness(part: xr.Dataset, rate: float) -> np.ndarray:
    """Ln of the largest gradient norm over the median one, before a run diverged: [seed]."""
    runs = part.sel(learning_rate=rate, method="nearest")
    found = []
    for seed in runs.seed.values:
        one = runs.sel(seed=seed)
        norms = one.norm.values[: max(1, taken(one))].astype(float)
        norms = norms[np.isfinite(norms)]
        found.append(np.log(norms.max() / np.median(norms)))
    return np.array(found)


def judged(gap: Interval) -> str:
    """Whether a difference that is claimed to be positive is."""
    if gap.low > 0:
        return "held"
    return "did not hold" if gap.high <= 0 else "inconclusive"


def span(x: Interval, form: str = "+.2f") -> str:
    """An interval as a sentence has it."""
    return f"{float(x.estimate):{form}} ({float(x.low):{form}} to {float(x.high):{form}})"


def has_trained(part: xr.Dataset) -> np.ndarray:
    return part.progress.values >= TRAINED


def example_line(example: xr.Dataset) -> str:
    """W = 1 − 0.1 · 100 = −9, and what clipping makes of it."""
    w = {c: example.w.sel(clip=c).values for c in example["clip"].values.tolist()}
    plain = w.pop(PLAIN)
    right = np.isclose(plain[1], -9) and all(abs(x[1]) < 1 for x in w.values())
    left = {c: np.abs(x[-10:]).max() for c, x in w.items()}
    cured = "held" if max(left.values()) < 1e-2 else "did not hold"
    return (
        f"- *W = 1 − 0.1 · 100 = −9; clipped it takes a small step.* "
        f"**{'held' if right else 'did not hold'}**: {plain[1]:g} without clipping and "
        f"{plain[-1]:.2g} after {len(plain) - 1} updates; "
        + ", ".join(f"{x[1]:g} {SPELT.get(c, c)}" for c, x in w.items())
        + f". *Clipping cures a rate that is too large*: **{cured}**, over the "
        f"last 10 of {len(plain) - 1} updates |w| still gets as far as "
        + ", ".join(f"{x:.2g} {SPELT.get(c, c)}" for c, x in left.items())
        + "; the minimum is at 0, where a gradient too small to be clipped takes the long step."
    )


def net_lines(title: str, clips: dict[str, xr.Dataset]) -> list[str]:
    """The statements about one net."""
    plain = clips[PLAIN]
    others = {c: p for c, p in clips.items() if c != PLAIN}
    rates, rate = plain.learning_rate.values, float(plain.tuned_rate)
    at = int(np.argmin(np.abs(rates - rate)))
    steep = statistics.mean_interval(steepness(plain, rate))
    over = Interval(*(np.exp(v) / CLIFF - 1 for v in steep))
    base, alive = decades(has_trained(plain), rates), decades(plain.diverged_at.values < 0, rates)
    spiky = spike_rates(plain)
    many = {"comparisons": len(others)}
    lines = [
        f"- *The gradient has cliffs* (largest norm over ten times the run's median), {title} "
        f"without clipping at its best rate, {rate:.2g}: **{judged(over)}**, "
        f"{span(Interval(*np.exp(steep)), '.3g')} times."
    ]
    for clip, part in others.items():
        wider = statistics.paired_difference(decades(has_trained(part), rates), base, **many)
        longer = statistics.paired_difference(
            decades(part.diverged_at.values < 0, rates), alive, **many
        )
        fewer = statistics.paired_difference(spiky[at], spike_rates(part)[at], **many)
        own = int(np.argmin(np.abs(rates - float(part.tuned_rate))))
        further = statistics.paired_difference(
            100 * part.progress.values[own], 100 * plain.progress.values[at], **many
        )
        lines.append(
            f"- *Clipping {SPELT.get(clip, clip)}*, {title}: *widens the range of rates that "
            f"train* **{judged(wider)}**, by {span(wider)} decades over {base.mean():.2f}; *... "
            f"that do not diverge* **{judged(longer)}**, by {span(longer)} over "
            f"{alive.mean():.2f}; *fewer loss spikes* at {rate:.2g} **{judged(fewer)}**, "
            f"{span(fewer, '+.1f')} per 1,000 updates fewer than {spiky[at].mean():.1f}; *trains "
            f"further*, each at its own rate, **{judged(further)}**, by {span(further, '+.0f')} "
            "points of the way to perfection."
        )
    if {"global norm", "by value"} <= set(others):
        gap = statistics.paired_difference(
            decades(has_trained(others["global norm"]), rates),
            decades(has_trained(others["by value"]), rates),
        )
        lines.append(
            f"- *Keeping the gradient's direction matters: by global norm more rates train than "
            f"by value*, {title}: **{judged(gap)}**, {span(gap)} decades."
        )
    return lines
