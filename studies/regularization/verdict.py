"""Which gains are real: paired by split, corrected by Holm; and what paths of strengths show."""

from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from lab import statistics
from lab.statistics.intervals import Interval
from studies.gradient_descent.report import judged

LEVEL = 0.05  # of all comparisons of a table together


class Gain(NamedTuple):
    """A row against the one it is held against: positive is better."""

    row: str
    kind: str
    against: str
    gain: Interval  # 95 % t interval of its own
    p: float  # sign-flip test over splits, adjusted by Holm over the whole table

    @property
    def verdict(self) -> str:
        """Whether zero is excluded after the correction."""
        better, sure = bool(self.gain.estimate > 0), self.p <= LEVEL
        return ("helps" if better else "hurts") if sure else "not told apart"


def outcome(table: xr.Dataset) -> tuple[xr.DataArray, str, str]:
    """(row, split) what is to be low, its name and unit: error in %, or loss."""
    if "accuracy" in table:
        return 100 * (1 - table.accuracy), "test error", "%"
    return table.loss, "test loss", "of the variance"


def gains(table: xr.Dataset) -> list[Gain]:
    """Every row but the baseline against its own, tested together."""
    low, _, unit = outcome(table)
    knows_nothing = 100.0 if unit == "%" else 1.0
    pairs = [
        (str(row), str(kind), str(against))
        for row, kind, against in zip(table.row.values, table.kind.values, table.against.values)
        if against
    ]
    differences = np.array(
        [
            statistics.finite_differences(
                low.sel(row=against).values, low.sel(row=row).values, knows_nothing
            )
            for row, _, against in pairs
        ]
    )
    adjusted = statistics.holm(statistics.sign_flip_test(differences))
    intervals = statistics.mean_interval(differences)
    return [
        Gain(*pair, Interval(*(part[k] for part in intervals)), float(adjusted[k]))
        for k, pair in enumerate(pairs)
    ]


def outer(row: xr.Dataset) -> list[str]:
    """Of rate and strength, what most splits chose at an end of those tried: `["rate +"]`."""
    return [
        f"{what} {sign}"
        for what in ("rate", "strength")
        for sign, side in (("+", 1), ("−", -1))
        if float((row[f"{what}_side"] == side).mean()) > 0.5
    ]


def verdict(tables: dict[str, xr.Dataset], paths: xr.Dataset, first: str) -> str:
    """Every statement with its numbers."""
    lines = []
    for name, table in tables.items():
        found, unit = gains(table), outcome(table)[2]
        unit = "points" if unit == "%" else unit
        alone = [g for g in found if g.kind == "alone"]
        for what, says in (
            ("helps", "gains that exclude zero"),
            ("hurts", "losses that do"),
            ("not told apart", "neither"),
        ):
            named = sorted((g for g in alone if g.verdict == what), key=lambda g: -g.gain.estimate)
            listed = ", ".join(f"{g.row} {span(g.gain)}" for g in named) or "none"
            lines.append(f"- {name}, each alone, {unit}; {says} after correction: {listed}.")
        ends = {g.row: outer(table.sel(row=g.row)) for g in alone}
        listed = "; ".join(f"{row}: {', '.join(each)}" for row, each in ends.items() if each)
        lines.append(
            f"- {name}, each alone, chosen on most splits at the largest (+) or least (−) of the "
            f"values tried: {listed or 'none'}."
        )
        best = max(alone, key=lambda g: float(g.gain.estimate))
        lines.append(_together(name, table, found, best, unit))
        without = [g for g in found if g.kind == "without"]
        missed = [g.row.removeprefix("all but ") for g in without if g.verdict == "hurts"]
        better = [g.row.removeprefix("all but ") for g in without if g.verdict == "helps"]
        lines.append(
            f"- {name}: *of all together, each does its part*: "
            f"**{judged(len(missed) == len(without), bool(better))}**; missed when left out: "
            f"{', '.join(missed) or 'none'}; better left out: {', '.join(better) or 'none'}; of "
            f"{len(without)}."
        )
        lines += [
            f"- {name}: *early stopping adds to all of them*: "
            f"**{judged(g.verdict == 'helps', g.verdict == 'hurts')}**, {span(g.gain)} {unit}."
            for g in found
            if g.kind == "with"
        ]
    return "\n".join([*lines, *_sparsity(paths, first)]) + "\n"


def _together(name: str, table: xr.Dataset, found: list[Gain], best: Gain, unit: str) -> str:
    low = outcome(table)[0]
    # the best of many alone was chosen on these test rows: that favours it
    gap = statistics.paired_difference(
        low.sel(row=best.row).values, low.sel(row="all").values, comparisons=1
    )
    whole = next(g for g in found if g.row == "all")
    return (
        f"- {name}: *all together are better than the best alone ({best.row})*: "
        f"**{judged(bool(gap.low > 0), bool(gap.high < 0))}**, {span(gap)} {unit}; against none "
        f"{span(whole.gain)}, {whole.verdict}."
    )


def _sparsity(paths: xr.Dataset, name: str) -> list[str]:
    zero = paths.zero.transpose("path", "strength", "split")
    soft, hard = zero.sel(path="L1"), zero.sel(path="L1, proximal")
    grows = np.diff(hard.values.mean(-1)) >= 0
    most = statistics.mean_interval(100 * hard.isel(strength=-1).values)
    near = 100 * float(paths.near.sel(path="L1").isel(strength=-1).mean())
    return [
        f"- {name}: *the proximal step of L1 gives exact zeros in growing number along the path*: "
        f"**{judged(bool(grows.all()), not bool(grows.all()))}**, "
        f"{100 * float(hard.isel(strength=0).mean()):.1f} % of the first layer at the least "
        f"strength, {span(most, '.1f')} % at the largest.",
        f"- {name}: *its sub-gradient gives none*: "
        f"**{judged(bool((soft == 0).all()), bool((soft > 0).any()))}**, at most "
        f"{100 * float(soft.max()):.2f} %; but {near:.0f} % of the weights lie within 0.001 at the "
        "largest strength.",
    ]


def span(x: Any, digits: str = "+.2f") -> str:
    """Estimate with its limits."""
    estimate, low, high = (format(float(np.asarray(v)), digits) for v in x)
    return f"{estimate} ({low} to {high})"
