"""What each start and each way of transfer gains, and the claims about them, from errors alone."""

from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from lab import statistics
from lab.statistics.intervals import Interval
from studies.gradient_descent.report import judged

LEVEL = 0.05  # of all gains together
SCRATCH = ("nothing", "full")
PRETRAINED = ("labels", "autoencoder")


class Gain(NamedTuple):
    """A way of transfer against training from scratch, in points of error: positive is better."""

    start: str
    way: str
    examples: int
    gain: Interval  # 95 % t interval of its own
    p: float  # sign-flip test over splits, adjusted by Holm over all ways and sizes

    @property
    def verdict(self) -> str:
        """Whether zero is excluded after the correction."""
        better = "helps" if self.gain.estimate > 0 else "hurts"
        return better if self.p <= LEVEL else "not told apart"


def gains(error: xr.DataArray) -> list[Gain]:
    """All but training from scratch against it, tested together.

    Args:
      error: (examples, start, way, split), in %.
    """
    cells = [
        (str(start), str(way), int(n))
        for start in error.start.values
        for way in error.way.values
        for n in error.examples.values
        if (start, way) != SCRATCH
    ]
    d = np.array([_at(error, *SCRATCH, n) - _at(error, start, way, n) for start, way, n in cells])
    adjusted = statistics.holm(statistics.sign_flip_test(d))
    spans = statistics.mean_interval(d)
    return [
        Gain(*cell, Interval(*(x[k] for x in spans)), float(adjusted[k]))
        for k, cell in enumerate(cells)
    ]


def _at(error: xr.DataArray, start: str, way: str, examples: int) -> np.ndarray:
    return error.sel(start=start, way=way, examples=examples).values


def verdict(error: xr.DataArray, told: list[Gain]) -> str:
    """Every claim with its numbers, `told` among them; simultaneous within a claim over starts."""
    counts = error.examples.values.tolist()
    few, many = counts[0], counts[-1]
    lines = []
    for start in PRETRAINED:
        by_count = {g.examples: g for g in told if g.start == start and g.way == "full"}
        numbers = ", ".join(f"{n}: {span(g.gain)} ({g.verdict})" for n, g in by_count.items())
        first = _against(error, SCRATCH, (start, "full"), few)
        shrinks = statistics.paired_difference(
            _at(error, *SCRATCH, few) - _at(error, start, "full", few),
            _at(error, *SCRATCH, many) - _at(error, start, "full", many),
            comparisons=2,
        )
        lines += [
            f"- *Pre-training helps where examples are few*, {_called(start)}, {few} of a class, "
            f"fine-tuned: **{_above(first)}**; fewer errors than from scratch, in points, by "
            f"examples of a class: {numbers}.",
            f"- *and the less, the more there are*, {_called(start)}: **{_above(shrinks)}**, "
            f"{span(shrinks)} points more at {few} than at {many}.",
        ]
    for start in PRETRAINED:
        early = _against(error, (start, "full"), (start, "frozen"), few)
        late = _against(error, (start, "frozen"), (start, "full"), many)
        known = _against(error, ("nothing", "frozen"), (start, "frozen"), few)
        lines += [
            f"- *With few examples frozen layers are better than fine-tuned ones*, "
            f"{_called(start)}, {few} of a class: **{_above(early)}**, {span(early)} points.",
            f"- *With many fine-tuned ones are*, {_called(start)}, {many} of a class: "
            f"**{_above(late)}**, {span(late)} points.",
            f"- *Frozen layers know more than those of a net that was never trained*, "
            f"{_called(start)}, {few} of a class: **{_above(known)}**, {span(known)} points.",
        ]
    mean = error.mean("examples")
    for start in PRETRAINED:
        one = mean.sel(start=start)
        slower = statistics.paired_difference(
            one.sel(way="full").values, one.sel(way="layer-wise").values, comparisons=2
        )
        lines.append(
            f"- *Rates that shrink layer by layer fine-tune better (Howard & Ruder 2018)*, "
            f"{_called(start)}, mean over sizes: **{_above(slower)}**, {span(slower)} points."
        )
    for way in ("frozen", "full"):
        labelled = statistics.paired_difference(
            mean.sel(start="autoencoder", way=way).values,
            mean.sel(start="labels", way=way).values,
            comparisons=2,
        )
        lines.append(
            f"- *Layers learnt with labels transfer better than an autoencoder's*, {way}, mean "
            f"over sizes: **{_above(labelled)}**, {span(labelled)} points."
        )
    return "\n".join(lines) + "\n"


def _against(
    error: xr.DataArray, worse: tuple[str, str], better: tuple[str, str], examples: int
) -> Interval:
    """Points of error by which `better` is better; simultaneous over the two starts."""
    a, b = (_at(error, *one, examples) for one in (worse, better))
    return statistics.paired_difference(a, b, comparisons=len(PRETRAINED))


def _called(start: str) -> str:
    return {"labels": "with labels", "autoencoder": "autoencoder"}[start]


def _above(x: Interval) -> str:
    return judged(bool(x.low > 0), bool(x.high < 0))


def span(x: Any, digits: str = "+.2f") -> str:
    """Estimate with its limits."""
    estimate, low, high = (format(float(np.asarray(v)), digits) for v in x)
    return f"{estimate} ({low} to {high})"
