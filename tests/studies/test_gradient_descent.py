"""The study of batch sizes runs, redraws itself, and judges as it says."""

import numpy as np
import xarray as xr

from lab.statistics.intervals import Interval
from studies.gradient_descent import __main__ as study
from studies.gradient_descent import report


def test_smoke_and_redrawing(smoke):
    assert "## Verdict" in (smoke(study) / "table.md").read_text()


def curves(times):
    """Losses that fall below 0.5 after so many updates: [rates][seeds]."""
    updates = np.arange(11)
    loss = (updates < np.array(times)[..., None]).astype(float)
    return xr.Dataset(
        {"validation_loss": (("optimizer", "learning_rate", "seed", "step"), loss[None])},
        {"learning_rate": [0.1, 0.2, 0.4], "updates": ("step", updates)},
    )


def test_the_best_rate_arrives_first_and_a_miss_counts_as_more_than_the_budget():
    assert report.best_rate(curves([[4, 5], [3, 3], [2, 99]]), 0.5) == 0.2
    assert report.best_rate(curves([[4, 5], [5, 4], [9, 9]]), 0.5) == 0.1  # a tie: the smaller


def test_a_verdict_reads_the_whole_interval():
    inside, outside, across = Interval(1, 0.95, 1.05), Interval(2, 1.5, 3), Interval(1, 0.5, 1.5)
    said = [report._within(x, 0.9, 1.1) for x in (inside, outside, across)]
    assert said == ["held", "did not hold", "inconclusive"]
