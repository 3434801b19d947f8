"""The study of batch sizes selects rates as it says; misses are never taken for arrivals."""

import numpy as np
import xarray as xr

from lab.study import Record
from studies.gradient_descent.numbers import Arrivals
from studies.gradient_descent.runs import best_rate
from studies.gradient_descent.settings import GradientDescent


def curves(times):
    """Losses that fall below 0.5 after so many updates: [rates][seeds]."""
    updates = np.arange(11)
    loss = (updates < np.array(times)[..., None]).astype(float)
    return xr.Dataset(
        {"validation_loss": (("optimizer", "learning_rate", "seed", "step"), loss[None])},
        {"learning_rate": [0.1, 0.2, 0.4][: len(times)], "updates": ("step", updates)},
    )


def test_the_best_rate_arrives_first_and_a_miss_counts_as_longer_than_the_budget():
    assert best_rate(curves([[4, 5], [3, 3], [2, 99]]), 0.5) == 0.2
    assert best_rate(curves([[4, 5], [5, 4], [9, 9]]), 0.5) == 0.1  # a tie: the smaller
    assert best_rate(curves([[99, 99], [9, 99], [99, 99]]), 0.5) == 0.2


def arrivals(*times):
    parts = {f"report/{2**k}": curves([each]) for k, each in enumerate(times)}
    return Arrivals(Record(GradientDescent(), parts), 0.5)


def test_medians_and_slopes_of_batch_sizes_that_arrive():
    found = arrivals([8, 8, 8], [4, 4, 4], [2, 2, 2])
    assert found.sizes.tolist() == [1, 2, 4]
    np.testing.assert_array_equal(found.interval(), np.tile([8, 4, 2], (3, 1)))
    np.testing.assert_allclose(found.slope(np.ones(3, bool)), -1)


def test_what_most_seeds_miss_has_no_time_and_no_slope():
    found = arrivals([8, 8, 8], [4, 99, 99], [2, 2, 2])
    assert np.isinf(found.interval().estimate[1])
    assert np.isnan(found.slope(np.ones(3, bool)).estimate)
    assert np.isnan(found.bend().estimate)
