"""The computed statements of the study of gradient flow, each with its interval."""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from lab import statistics
from lab.statistics.intervals import Interval
from studies.activations.verdict import judged, span
from studies.initialization.verdict import SPELT

CHANCE = 0.15  # of ten classes: a net below has learnt nothing that would show
TRAINED = 0.5  # a net above is revived
SAID = {"momentum": "SGD with momentum", "adam": "Adam"}


def percent(x: Interval) -> str:
    """An accuracy in words."""
    return span(Interval(*(100 * np.asarray(v) for v in x)), ".1f") + " %"


def at_chance(cells: Interval) -> str:
    """Held where all intervals end below `CHANCE`, did not where one begins above."""
    if (np.asarray(cells.high) < CHANCE).all():
        return "held"
    return "did not hold" if (np.asarray(cells.low) > CHANCE).any() else "inconclusive"


def revived(x: Interval) -> str:
    """Held where an accuracy lies above `TRAINED`, did not where it lies below."""
    return "held" if x.low > TRAINED else "did not hold" if x.high < TRAINED else "inconclusive"


def every_rate(part: xr.Dataset, rule: str, name: str) -> Interval:
    """Accuracy at each rate [rate]; all intervals hold together."""
    values = part.accuracy.sel(optimizer=rule, initializer=name).transpose("rate", "seed").values
    return statistics.mean_interval(values, level=1 - 0.05 / len(values))


def table_lines(part: xr.Dataset, remedies: Mapping[str, xr.Dataset], layers: int) -> list[str]:
    """The stalled net over all rates, initializers that do not help, remedies that do."""
    lines: list[str] = []
    words: dict[str, dict[str, str]] = {}
    names = part.initializer.values.tolist()
    for rule in part.optimizer.values.tolist():
        said: dict[str, str] = {}
        rates = part.learning_rate.sel(optimizer=rule).values
        for name in names:
            cells = every_rate(part, rule, name)
            at = int(np.argmax(cells.estimate))
            best = Interval(*(np.asarray(v)[at] for v in cells))
            said[SPELT[name]] = at_chance(cells)
            lines.append(
                f"- *A {layers}-layer sigmoid net under {SPELT[name]} stalls at chance at every "
                f"rate of {SAID[rule]}*: **{said[SPELT[name]]}**, of {len(rates)} rates the best, "
                f"{rates[at]:.2g}, has {percent(best)} correct."
            )
        base = part.accuracy.sel(optimizer=rule, initializer=names[0])
        kept = base.isel(rate=int(base.mean("seed").argmax("rate"))).values
        for remedy, found in remedies.items():
            values = found.accuracy.sel(optimizer=rule).values
            gain = statistics.paired_difference(values, kept, comparisons=len(remedies))
            x = statistics.mean_interval(values, level=1 - 0.05 / len(remedies))
            said[remedy] = revived(x)
            lines.append(
                f"- *{remedy} revives the net under {SPELT[names[0]]}, trained by {SAID[rule]}*: "
                f"**{said[remedy]}**, {percent(x)} correct at rate "
                f"{float(found.rate.sel(optimizer=rule)):.2g}, "
                f"{span(Interval(*(100 * v for v in gain)), '+.1f')} points more."
            )
        words[rule] = said
    return lines + _same_table(words)


def _same_table(words: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Whether the second optimizer's words are those of the first; [] if there is but one."""
    if len(words) < 2:
        return []
    (_, one), (rule, two) = list(words.items())[:2]
    other = [f"{row} ({two[row]})" for row in one if one[row] != two[row]]
    turned = any({one[row], two[row]} == {"held", "did not hold"} for row in one)
    word = "held" if not other else "did not hold" if turned else "inconclusive"
    differs = f"; otherwise: {', '.join(other)}" if other else ""
    return [
        f"- *The same table stands for {SAID[rule]}*: **{word}**, {len(one) - len(other)} of "
        f"{len(one)} rows have the same verdict{differs}."
    ]


def fall(part: xr.Dataset, view: str) -> np.ndarray:
    """log₁₀ of the gradient norm of the first over the last hidden layer, at the start: [S]."""
    norms = part.gradient.sel(view=view).isel(updates=0).transpose("seed", "layer").values
    hidden = np.isfinite(norms).sum(-1) - 2  # the last number is the output's
    last = np.take_along_axis(norms, hidden[:, None], 1)[:, 0]
    return np.log10(norms[:, 0] / last)


def flow_lines(flows: Mapping[str, xr.Dataset]) -> list[str]:
    """How much of the gradient reaches the first layer, and what of it can be seen in training."""
    lines = []
    for activation, part in flows.items():
        views = part.view.values.tolist()
        falls = {view: statistics.mean_interval(fall(part, view)) for view in views}
        shown = ", ".join(
            f"{SPELT.get(view, view)} {span(Interval(*(10.0**v for v in x)), '.1e')}"
            for view, x in falls.items()
        )
        plain = Interval(*(-np.asarray(v) for v in falls["glorot_normal"]))
        vanishes = judged(Interval(plain.estimate - 2, plain.high - 2, plain.low - 2))
        lines.append(
            f"- *The gradient vanishes on its way to the first layer* ({activation} under Glorot, "
            f"to less than 1 %): **{vanishes}**; of the last hidden layer's norm the first "
            f"has: {shown} (geometric means)."
        )
    one = flows["sigmoid"].sel(view="glorot_normal")
    moved = one.change.isel(updates=-1).transpose("seed", "layer").values
    gap = statistics.paired_difference(np.log10(moved[:, -1]), np.log10(moved[:, 0]))
    first, last = (statistics.mean_interval(moved[:, i]) for i in (0, -1))
    lines.append(
        f"- *A stalled net shows in its first layer's weights* (sigmoid under Glorot): "
        f"**{judged(gap)}**, in {int(one.updates[-1])} updates they change by "
        f"{span(first, '.1e')} of their norm, the output's by {span(last, '.1e')}."
    )
    return lines


def usable(accuracy: xr.DataArray) -> np.ndarray:
    """Share of rates and scales at which a seed's net of each depth trains: [layers, S]."""
    trained = (accuracy >= TRAINED).mean(("init_scale", "learning_rate"))
    return trained.transpose("layers", "seed").values


def region_lines(part: xr.Dataset) -> list[str]:
    """Whether depth narrows what can be trained."""
    shares, depths = usable(part.accuracy), part.layers.values
    gap = statistics.paired_difference(shares[0], shares[-1])
    numbers = ", ".join(
        f"{d}: {percent(statistics.mean_interval(row))}" for d, row in zip(depths, shares)
    )
    return [
        f"- *Depth narrows the region of rates and initial scales that train* (sigmoid): "
        f"**{judged(gap)}**; share of the grid with {TRAINED:.0%} correct by layers: {numbers}."
    ]
