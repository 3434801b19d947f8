"""Claims about gradients and their cost, and the numbers of a worked example."""

from collections.abc import Iterator, Sequence

import numpy as np

from lab.foundations import worked_example
from lab.statistics import at_best_of_others, mean_interval, paired_difference
from lab.statistics.intervals import Interval
from lab.study import Claim, Record, Table, fact, span
from studies.backpropagation.runs import PRECISIONS, Backpropagation

ROUNDING = {"float32": 1e-5, "float64": 1e-13}  # relative difference that rounding may make


def claims(record: Record[Backpropagation]) -> Iterator[Claim]:
    """Of the page."""
    check, products = record["check"], record["counts"].products
    starts = check.sizes["seed"]
    worst = check.autodiff.max("seed")
    yield Claim(
        "by_hand_is_autodiff",
        "By hand = automatic differentiation",
        mean_interval(check.autodiff.sel(precision=list(PRECISIONS)).transpose(..., "seed").values),
        starts,
        "starts",
        high=[ROUNDING[p] for p in PRECISIONS],
        says=f"largest relative difference {float(worst.sel(precision='float64')):.0e} in float64, "
        f"{float(worst.sel(precision='float32')):.0e} in float32, over {starts} starts",
    )
    logs = np.log10(np.maximum(check.difference.sel(formula="central"), 1e-20))
    gaps = [
        paired_difference(one[:, 0], at_best_of_others(one[:, 1:]))
        for one in logs.sel(precision=list(PRECISIONS)).transpose("precision", "seed", "h").values
    ]
    times = ", ".join(f"{span(gap, '.1f')} in {p}" for gap, p in zip(gaps, PRECISIONS))
    yield Claim(
        "smaller_steps", "A smaller step gives a better gradient check",
        Interval(*map(np.array, zip(*gaps))), starts, "starts", high=0,
        says=f"at h = {float(check.h[0]):.0e} the error of central differences is greater than at "
        f"the best step by {times} powers of ten",
    )  # fmt: skip
    linear, grown = (products.sel(memoized=m).transpose("units", "depth") for m in (True, False))
    times = grown.values[:, 1:] / grown.values[:, :-1]  # with each layer
    least, most = (float(x.sel(units=4)[-1]) for x in (linear, grown))
    yield fact(
        "memory",
        "Memory turns exponential into linear cost",
        bool((np.diff(linear.values, 2) == 0).all() and (times > 2).all()),
        f"by counting; {products.sizes['depth']} hidden layers of 4 units take {least:,.0f} "
        f"products with memory, {most / least:.0e} times as many without, and "
        f"{times[grown.units.values == 4][0, -1]:.1f} times more with each layer",
    )


def tables(record: Record[Backpropagation]) -> dict[str, Table]:
    """The best steps, and the textbook's example."""
    header = ["precision", "formula", "best h", "error there", "error at h = 1e-8"]
    note = (
        "The slip: w15 is added where the net input of unit 6 needs w16. The second net7 is a "
        "misprint: it repeats the first."
    )
    medians, rows = record["check"].difference.median("seed"), []
    for precision in PRECISIONS:
        for formula in ("forward", "central"):
            median = medians.sel(precision=precision, formula=formula)
            best = int(median.argmin("h"))
            rows.append([
                precision, formula, f"{float(median.h[best]):.0e}", f"{float(median[best]):.0e}",
                f"{float(median.sel(h=1e-8, method='nearest')):.0e}",
            ])  # fmt: skip
    numbers = ["number", "exact", "with the slip", "printed"]
    return {
        "table": Table(header, rows),
        "worked": Table(numbers, worked(), note, "The worked example"),
    }


def worked() -> list[Sequence[str]]:
    """The textbook's numbers: exact, with its slip, and as printed."""
    both = worked_example.steps(), worked_example.steps(slip=True)
    return [
        [name, *(f"{_worked_number(steps, name):.4f}" for steps in both), f"{printed:g}"]
        for name, printed in worked_example.PRINTED.items()
    ]


def _worked_number(steps: worked_example.Steps, name: str) -> float:
    output = steps.updated[1]
    special = {
        "w57": output.weights[0, 0], "w67": output.weights[1, 0], "bias7": output.bias[0],
        "err7": steps.err7, "err6": steps.err6, "err5": steps.err5,
    }  # fmt: skip
    if name in special:
        return float(special[name])
    which = steps.second if name.startswith("second ") else steps.first
    return float(getattr(which, name.removeprefix("second ")))
