"""The computed statements of the study of initialization, each with its interval."""

import numpy as np
import xarray as xr

from lab import statistics
from lab.statistics.intervals import Interval
from studies.activations.verdict import judged, points, span

CHANCE, STUCK = 0.1, 0.2  # of ten classes; a net whose accuracy is below has learnt next to nothing
WIDE = 512
MATCHED = {"sigmoid": "glorot_logistic_normal", "tanh": "glorot_normal", "relu": "he_normal"}
SPELT = {
    "zeros": "zeros", "constant": "constant ½", "small_normal": "N(0, 10⁻⁸)",
    "large_normal": "N(0, 1)", "uniform_half": "U[−½, ½]", "lecun_normal": "LeCun",
    "glorot_normal": "Glorot", "glorot_logistic_normal": "Glorot × 4", "he_normal": "He",
    "orthogonal": "orthogonal",
}  # fmt: skip
BAD = ("zeros", "constant", "small_normal", "large_normal")


def contains(x: Interval, value: float) -> str:
    """Whether an interval leaves a predicted value standing."""
    return "held" if x.low <= value <= x.high else "did not hold"


def spread(moment: np.ndarray) -> Interval:
    """Standard deviation of log moments over seeds: [S], with a BCa interval."""
    return statistics.bootstrap(lambda x: x.std(-1, ddof=1), np.log(moment))


def depth_lines(record: xr.Dataset) -> list[str]:
    """The mean of the second moment, its spread, and how fast it goes under 1/fan_in."""
    last, layers = record.moment.isel(layer=-1), int(record.layer[-1])
    seeds = record.sizes["seed"]
    widths = record.width.values
    lines = []
    for n in widths[widths >= WIDE] if (widths >= WIDE).any() else widths[-1:]:
        he, thin = (
            last.sel(width=n, initializer=i).values.astype(float)
            for i in ("he_normal", "lecun_normal")
        )
        kept, wide = statistics.mean_interval(he), spread(he)
        shrunk = statistics.mean_interval(thin * 2.0**layers)
        theory = np.sqrt(5 * layers / n)
        lines += [
            f"- *He keeps the mean second moment of ReLU signals over {layers} layers*, width {n}: "
            f"**{contains(kept, 1.0)}**, {span(kept, '.2f')} times the input's ({seeds} nets).",
            f"- *The log of it spreads by √(5L/n)*, width {n}: **{contains(wide, theory)}**, "
            f"standard deviation {span(wide, '.3f')} against {theory:.3f}.",
            f"- *Under 1/fan_in the signal shrinks by 2^(−L/2)*, width {n}: "
            f"**{contains(shrunk, 1.0)}**, its root mean square falls to "
            f"{np.sqrt(shrunk.estimate / 2.0**layers):.2g} of the input's, √{span(shrunk, '.2f')} "
            f"times 2^(−{layers / 2:g}) = {2.0 ** (-layers / 2):.2g}.",
        ]
    return lines


def symmetry_lines(record: xr.Dataset) -> list[str]:
    """Units that begin equal: whether every bit stays so in every layer, rule and seed."""
    lines = []
    for name in record.initializer.values.tolist():
        one = record.sel(initializer=name)
        # networks that left the range of numbers have no bits to compare
        finite = np.isfinite(one.apart).all(("updates", "layer"))
        same = (one.apart == 0).all(("updates", "layer"))
        nets, equal = int(finite.sum()), int((same & finite).sum())
        moved = one.moved.where(finite)
        trained = int((moved > 0).all("layer").sum())
        lines.append(
            f"- *Hidden units that begin equal stay equal to the last bit*, {SPELT[name]} times "
            f"{' or '.join(f'{s:g}' for s in record.init_scale.values)}: "
            f"**{'held' if nets and equal == nets else 'did not hold'}**, in {equal} of {nets} "
            f"runs ({', '.join(record.rule.values.tolist())}; {record.sizes['seed']} seeds; "
            f"{record.sizes['updates']} looks in {int(record.updates[-1])} updates); every "
            f"hidden layer moves in {trained} of them (norms by up to {float(moved.max()):.2g} "
            "of the initial one)."
        )
    return lines


def outcome_lines(parts: dict[str, xr.Dataset]) -> list[str]:
    """What fails, and whether the initializer has to match the activation."""
    lines = []
    for activation, part in parts.items():
        accuracy = {
            str(n): part.accuracy.sel(initializer=n).values for n in part.initializer.values
        }
        best = MATCHED[activation]
        for bad in [n for n in BAD if n in accuracy]:
            left = statistics.mean_interval(accuracy[bad])
            word = (
                "held"
                if left.high < STUCK
                else ("did not hold" if left.low > STUCK else "inconclusive")
            )
            lines.append(
                f"- *{SPELT[bad]} does not train* ({activation}): **{word}**, "
                f"{span(Interval(*(100 * v for v in left)), '.1f')} % correct at its best rate."
            )
        others = [n for n in accuracy if n != best and n not in BAD]
        gaps = {
            n: statistics.paired_difference(accuracy[best], accuracy[n], comparisons=len(others))
            for n in others
        }
        claims = {n: f"{SPELT[best]} beats {SPELT[n]}" for n in others}
        lines += [
            f"- *{claims[n]}* ({activation}): **{judged(gap)}**, by {points(gap)}."
            for n, gap in gaps.items()
        ]
    return lines
