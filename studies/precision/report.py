"""Statements, tables and figures of the study of precision, from its record alone."""

from collections.abc import Iterable

import numpy as np
import xarray as xr

from lab import plots, records, statistics
from lab.statistics.intervals import Interval
from lab.study.cli import Folder
from lab.study.tables import comma_separated, markdown
from studies.gradient_descent.report import judged
from studies.precision import figures
from studies.precision.numbers import FORMATS, examples, limits

AS_GOOD = 1.0  # points of accuracy: closer than this to float32 is as good
REFERENCE = "float32"
STATIC, DYNAMIC = "mixed float16, static scale", "mixed float16, dynamic scale"
BFLOAT = "mixed bfloat16, static scale"
CLAIMS = {
    STATIC: "With a static scale mixed float16 is as good as float32",
    DYNAMIC: "With a dynamic one it is from any first scale",
    BFLOAT: "Mixed bfloat16 is at any scale",
}
PROPORTIONAL = {"gradient descent": 1.0, "heavy ball": 0.5}  # to κ to that power
WHOLE = ("float16 throughout", "bfloat16 throughout")
OVERFLOW = {"float32": 88.72, "bfloat16": 88.72, "float16": 11.09}  # ln of the largest number


def behind(trained: xr.Dataset, way: str, exponent: int) -> Interval:
    """Points of accuracy above float32, paired by seed."""
    one, other = (
        100 * trained.accuracy.sel(way=w, exponent=exponent).values for w in (way, REFERENCE)
    )
    return statistics.paired_difference(one, other)


def as_good(gap: Interval) -> str:
    """Whether a way is within `AS_GOOD` of float32, surely."""
    inside = bool(gap.low > -AS_GOOD and gap.high < AS_GOOD)
    return judged(inside, bool(gap.high < -AS_GOOD or gap.low > AS_GOOD))


def growth(inputs: xr.Dataset, rule: str) -> Interval:
    """The power of κ by which the number of updates grows: a slope of logarithms, by seed.

    A seed that does not arrive at some κ has an infinite slope.
    """
    steps = inputs.steps.sel(rule=rule).transpose("seed", "condition").values
    x = np.log(inputs.condition.values)
    x = x - x.mean()
    fine = np.isfinite(steps).all(-1)
    logs = np.log(np.where(np.isfinite(steps), steps, 1.0))
    return statistics.mean_interval(np.where(fine, logs @ x / (x @ x), np.inf))


def span(x: Interval, digits: str) -> str:
    """An interval in words."""
    estimate, low, high = (format(float(v), digits) for v in x)
    return f"{estimate} ({low} to {high})"


def draw(record: xr.DataTree, folder: Folder) -> None:
    """Everything that is printed or drawn."""
    told = records.manifest(record)["configuration"]
    softmax, trained, inputs = (
        record[name].to_dataset() for name in ("softmax", "trained", "inputs")
    )
    shape = "-".join(str(w) for w in told["widths"])
    how = (
        f"Digits, 64-{shape}-10 ReLU, SGD with momentum 0.9 and η = {trained.attrs['rate']:.2g} "
        f"(the best of {len(told['rates'])} for float32 on {told['tuning']} tuning seeds), batch "
        f"{told['batch']}, {trained.attrs['updates']} updates; {told['seeds']} fresh seeds"
    )
    texts = {
        "scales": f"{how}; mean, 95 % t interval. Updates whose gradient is not finite are "
        "skipped; the dynamic scale halves there and doubles after "
        f"{max(1, trained.attrs['updates'] // 50)} finite ones.",
        "numbers": "Left, middle: uniform random logits of 10 classes with this largest size, "
        "every operation in the format named; float32 and bfloat16 overflow together. Right: "
        "linear regression on 10 inputs, full batches, the best of "
        f"{len(told['input_rates'])} rates at each κ, geometric mean over {told['seeds']} true "
        "weights, 95 % t interval.",
    }
    plots.save(
        figures.loss_scales(trained, REFERENCE, _present(trained.way, CLAIMS), texts["scales"]),
        folder.path / "scales.png",
    )
    plots.save(figures.numbers(softmax, inputs, texts["numbers"]), folder.path / "numbers.png")
    header, rows = _table(trained)
    text = (
        "# Precision\n\n"
        + markdown(["format", "largest", "least normal", "least", "step after 1"], limits())
        + "\n"
        + markdown(["what is computed", *FORMATS], examples())
        + f"\n{markdown(header, rows)}\n{how}; mean, 95 % t interval; differences to float32 "
        f"seed by seed.\n\n## Verdict\n\n{verdict(softmax, trained, inputs)}"
    )
    folder.text("table.md", text)
    folder.text("table.csv", comma_separated(header, rows))
    print(f"{text}\nfigures, tables and record: {folder.path}")


def _table(trained: xr.Dataset):
    header = ["way", "first scale", "accuracy, %", "above float32, points", "lost", "skipped"]
    rows = []
    for way in trained.way.values.tolist():
        alike = way == REFERENCE or way in WHOLE
        for exponent in trained.exponent.values.tolist()[: 1 if alike else None]:
            one = trained.sel(way=way, exponent=exponent)
            rows.append([
                way, "" if alike else f"2^{exponent}",
                span(statistics.mean_interval(100 * one.accuracy.values), ".1f"),
                "" if way == REFERENCE else span(behind(trained, way, exponent), "+.2f"),
                f"{float(one.lost.mean()):.1%}", f"{float(one.skipped.mean()):.1%}",
            ])  # fmt: skip
    return header, rows


def verdict(softmax: xr.Dataset, trained: xr.Dataset, inputs: xr.Dataset) -> str:
    """Every claim with its numbers, one to a line."""
    lines = []
    for name in FORMATS:
        mine, limit = softmax.sel(format=name), OVERFLOW[name]
        beyond = mine["size"].values > 1.01 * limit
        naive = mine.broken.sel(form="naive").values
        stable = mine.broken.sel(form="stable").values
        lines.append(
            f"- *The naive softmax breaks where exp overflows, the stable one never*, {name}: "
            f"**{judged(*_breaks(naive, stable, beyond))}**; beyond ln(largest) = {limit:g} "
            f"{naive[beyond].mean():.0%} of its cross-entropies are not finite (half that or more "
            f"would hold), below {naive[~beyond].mean():.0%}, and {stable.max():.0%} of the "
            "stable ones anywhere."
        )
    unscaled = behind(trained, STATIC, 0)
    lost = 100 * trained.lost.sel(way=STATIC, exponent=0).values
    lines.append(
        "- *Mixed float16 needs a loss scale*, at this network: "
        f"**{judged(bool(unscaled.high < 0), bool(unscaled.low > -AS_GOOD))}**, without one "
        f"{span(unscaled, '+.2f')} points, though {span(statistics.mean_interval(lost), '.1f')} % "
        "of the gradient's entries become 0."
    )
    for way in _present(trained.way, CLAIMS):
        gaps = {int(e): behind(trained, way, int(e)) for e in trained.exponent.values}
        said = {e: as_good(x) for e, x in gaps.items()}
        fine = [e for e, word in said.items() if word == "held"]
        worst = min(gaps.values(), key=lambda x: float(x.estimate))
        lines.append(
            f"- *{CLAIMS[way]}* (within {AS_GOOD:g} point): "
            f"**{judged(len(fine) == len(said), 'did not hold' in said.values())}** over all "
            f"scales; held at {len(fine)} of {len(said)}"
            + (f", 2^{min(fine)} to 2^{max(fine)}" if fine else "")
            + f"; worst {span(worst, '+.2f')} points."
        )
    for way in _present(trained.way, WHOLE):
        gap = behind(trained, way, int(trained.exponent[0]))
        lines.append(
            f"- *{way[0].upper()}{way[1:]} is worse than float32*: "
            f"**{judged(bool(gap.high < 0), bool(gap.low > 0))}**, {span(gap, '+.2f')} points."
        )
    powers = {rule: growth(inputs, rule) for rule in inputs.rule.values.tolist()}
    for rule in _present(inputs.rule, PROPORTIONAL):
        x, power = powers[rule], PROPORTIONAL[rule]
        inside = bool(abs(x.low - power) < 0.15 and abs(x.high - power) < 0.15)
        outside = bool(x.high < power - 0.15 or x.low > power + 0.15)
        lines.append(
            f"- *{rule[0].upper()}{rule[1:]} needs updates in proportion to κ^{power:g}* (within "
            f"0.15): **{judged(inside, outside)}**, κ^{span(x, '.2f')}."
        )
    plain = powers["gradient descent"]
    for rule in _present(inputs.rule, ("Adam",)):
        less = powers[rule]
        said = judged(bool(less.high < plain.low), bool(less.low > plain.high))
        lines.append(
            f"- *{rule} minds badly scaled inputs less than gradient descent*: **{said}**, "
            f"κ^{span(less, '.2f')}."
        )
    descent = inputs.steps.sel(rule="gradient descent").transpose("condition", "seed").values
    ratio = Interval(*(np.exp(v) for v in statistics.paired_difference(*np.log(descent[[-1, 0]]))))
    lines.append(
        "- *Scaling the inputs repairs it*: "
        f"**{judged(bool(ratio.low > 1), bool(ratio.high <= 1))}**, gradient descent needs "
        f"{span(ratio, '.3g')} times fewer updates on standardized inputs than at "
        f"κ = {float(inputs.condition[-1]):g}."
    )
    return "\n".join(lines) + "\n"


def _present(told: xr.DataArray, names: Iterable[str]) -> list[str]:
    """Those that were run."""
    return [name for name in names if name in told.values]


def _breaks(naive: np.ndarray, stable: np.ndarray, beyond: np.ndarray) -> tuple[bool, bool]:
    """Whether a form breaks beyond the limit and the other nowhere; and whether it does not."""
    sound = bool(stable.max() == 0)
    worse = bool(beyond.any() and naive[beyond].mean() >= 0.5)
    return sound and worse, not (sound and worse)
