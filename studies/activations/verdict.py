"""The computed statements of the study of activations, each with its interval."""

import numpy as np
import xarray as xr

from lab import statistics
from lab.statistics.intervals import Interval
from studies.activations.figures import plain

USABLE = 0.9  # validation accuracy; at rates where it is reached a net has trained


def judged(gap: Interval) -> str:
    """Whether a difference that is claimed to be positive is."""
    if gap.low > 0:
        return "held"
    return "did not hold" if gap.high <= 0 else "inconclusive"


def refuted(gap: Interval) -> str:
    """Whether a positive difference is shown, against a claim that there is none."""
    return "did not hold" if gap.low > 0 else "inconclusive" if gap.high > 0 else "held"


def span(x: Interval, form: str = "+.2f") -> str:
    """An interval as a sentence has it."""
    return f"{float(x.estimate):{form}} ({float(x.low):{form}} to {float(x.high):{form}})"


def points(x: Interval) -> str:
    """Shares as percentage points."""
    return span(Interval(*(100 * np.asarray(v) for v in x)), "+z.1f") + " points"


def usable_decades(accuracy: xr.DataArray, level: float = USABLE) -> np.ndarray:
    """Decades of learning rate at which a seed's net reaches `level`: [seed].

    Rates that do, times the distance of two rates: the grid bounds it.
    """
    rates = accuracy.learning_rate.values
    step = np.log10(rates[-1] / rates[0]) / max(1, len(rates) - 1)
    return (accuracy >= level).sum("learning_rate").values * step


def dead(part: xr.Dataset, rule: str, bias: float = 0.0) -> xr.DataArray:
    """Dead share of all hidden units at the end: (learning_rate, seed)."""
    one = part.dead.sel(optimizer=rule, bias=bias, when="end").mean("layer")
    return one.transpose("learning_rate", "seed")


def saturation_lines(record: xr.Dataset) -> list[str]:
    """Whether large weights saturate, whether that costs accuracy, and whether training does."""
    lines = []
    scales = record["scale"].values
    usual, large = int(np.argmin(np.abs(np.log(scales)))), len(scales) - 1
    for name in record.activation.values.tolist():
        one = record.sel(activation=name)
        share = one.saturated.mean("layer").transpose("scale", "updates", "seed").values
        accuracy = one.accuracy.transpose("scale", "seed").values
        start = statistics.paired_difference(share[large, 0], share[usual, 0])
        cost = statistics.paired_difference(accuracy[usual], accuracy[large])
        along = statistics.paired_difference(share[usual, -1], share[usual, 0])
        lines += [
            f"- *Large initial weights saturate {name} units*: **{judged(start)}**, at "
            f"{scales[large]:g} times Glorot's {share[large, 0].mean():.1%} are saturated at the "
            f"start, {points(start)} more than at the usual scale.",
            f"- *... and a saturated net ends worse, its rate tuned too*: **{judged(cost)}**, "
            f"{accuracy[usual].mean():.1%} correct at the usual scale, {points(cost)} more than "
            f"at {scales[large]:g} times.",
            f"- *Training itself saturates {name} units* (usual scale): **{judged(along)}**, "
            f"{points(along)} more saturated at the end than at the start.",
        ]
    return lines


def dying_lines(parts: dict[str, xr.Dataset]) -> list[str]:
    """Whether rates kill, and what each remedy does, rule by rule."""
    lines, relu = [], parts["relu"]
    rates = relu.learning_rate.values
    for rule in relu.optimizer.values.tolist():
        spelt = {"sgd": "SGD", "adam": "Adam"}[rule]
        unbiased = relu.sel(optimizer=rule, bias=0.0)
        best = int(unbiased.accuracy.mean("seed").argmax("learning_rate"))
        beyond = int(np.argmin(np.abs(np.log(rates / (10 * rates[best])))))
        share = dead(relu, rule).values
        layers = unbiased.dead.sel(when="end").isel(learning_rate=beyond).mean("seed").values
        killed = statistics.paired_difference(share[beyond], share[best])
        lines.append(
            f"- *Too large a rate kills ReLUs* ({spelt}): **{judged(killed)}**, "
            f"{share[best].mean():.1%} dead at its best rate, {rates[best]:.2g}, and "
            f"{points(killed)} more at {rates[beyond]:.2g} (layer by layer "
            f"{', '.join(f'{x:.0%}' for x in layers)})."
        )
        others = [float(b) for b in relu.bias.values if b != 0]
        for bias in others:
            saved = statistics.paired_difference(
                share.mean(0), dead(relu, rule, bias).values.mean(0), comparisons=len(others)
            )
            claim = "keeps ReLUs alive" if bias > 0 else "kills ReLUs for good"
            gap = saved if bias > 0 else Interval(-saved.estimate, -saved.high, -saved.low)
            lines.append(
                f"- *An initial bias of {bias:g} {claim}* ({spelt}): **{judged(gap)}**, "
                f"{points(gap)} {'fewer' if bias > 0 else 'more'} dead at the end than with 0, "
                "mean over all rates."
            )
        base = usable_decades(unbiased.accuracy)
        for name in list(parts)[1:]:
            mine = parts[name].sel(optimizer=rule, bias=0.0)
            wider = statistics.paired_difference(
                usable_decades(mine.accuracy), base, comparisons=len(parts) - 1
            )
            worst = statistics.mean_interval(dead(parts[name], rule).values.max(0))
            lines.append(
                f"- *{plain(name)} units cannot die* ({spelt}): "
                f"**{refuted(worst)}**, {span(worst, '.1%')} dead at the worst rate. *They widen "
                f"the range of rates that reach {USABLE:.0%}*: **{judged(wider)}**, by "
                f"{span(wider)} decades over ReLU's {base.mean():.2f}."
            )
    return lines


def outcome_lines(parts: dict[str, xr.Dataset]) -> list[str]:
    """Every activation against ReLU, and those that no gradient passes or that are no bend."""
    lines = []
    others = [n for n in parts if n != "relu"]
    depths = parts["relu"].layers.values.tolist()
    for depth in depths:
        accuracy = {n: p.accuracy.sel(layers=depth).values for n, p in parts.items()}
        gaps = {
            n: statistics.paired_difference(
                accuracy[n], accuracy["relu"], comparisons=len(others) * len(depths)
            )
            for n in others
        }
        better = [f"{plain(n)} {points(g)}" for n, g in gaps.items() if g.low > 0]
        worse = [f"{plain(n)} {points(g)}" for n, g in gaps.items() if g.high < 0]
        unsure = [plain(n) for n, g in gaps.items() if g.low <= 0 <= g.high]
        for claimed, said in (
            (("step", "linear"), "Without a bend or without a slope depth is wasted"),
            (("sigmoid", "hard_sigmoid", "tanh"), "ReLU beats saturating units"),
        ):
            shown = [gaps[n] for n in claimed if n in gaps]
            if not shown:
                continue
            behind = sum(g.high < 0 for g in shown)
            word = (
                "held"
                if behind == len(shown)
                else ("did not hold" if any(g.low > 0 for g in shown) else "inconclusive")
            )
            lines.append(
                f"- *{said}* ({depth} layers): **{word}**, "
                f"{behind} of {len(shown)} ({', '.join(plain(n) for n in claimed)}) end "
                "below ReLU."
            )
        newer = [gaps[n] for n in ("gelu", "swish", "mish") if n in gaps]
        if newer:
            ahead = sum(g.low > 0 for g in newer)
            word = (
                "held"
                if ahead == len(newer)
                else ("did not hold" if any(g.high < 0 for g in newer) else "inconclusive")
            )
            lines.append(
                f"- *Smooth descendants (GELU, swish, mish) beat ReLU* ({depth} layers): "
                f"**{word}**, {ahead} of {len(newer)} do."
            )
        lines.append(
            f"- Against ReLU at {depth} layers ({accuracy['relu'].mean():.1%} correct; "
            f"simultaneous 95 % intervals): better {', '.join(better) or 'none'}; worse "
            f"{', '.join(worse) or 'none'}; not to be told apart {', '.join(unsure) or 'none'}."
        )
    return lines
