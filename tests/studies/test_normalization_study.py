"""The study of normalization judges hand-made records rightly."""

import numpy as np
import pytest
import xarray as xr

from lab.study import outcome
from studies.normalization import measures, usable
from studies.normalization.claims import gain


def test_the_quickest_rate():
    path = xr.DataArray(
        [[[0.1, 0.5, 0.95], [0.1, 0.92, 0.95]], [[0.1, 0.2, 0.3], [0.1, 0.2, 0.91]]],
        dims=("rate", "seed", "step"),
        coords={"rate": [0.1, 1.0], "step": [0.0, 10.0, 20.0]},
    )
    rate, times = usable.quickest(path, 0.9)
    assert rate == 0.1
    np.testing.assert_array_equal(times, [20, 10])
    np.testing.assert_array_equal(usable.quickest(path[1:], 0.9)[1], [np.inf, 20])


def test_the_largest_usable_rate():
    rates = [0.01, 0.1, 1.0]
    ends = np.array([[0.95, 0.92, 0.1], [0.1, 0.1, 0.1]])
    np.testing.assert_allclose(usable.largest(ends, rates, 0.9), [0.1, 0.01 / 10**0.5])


def test_a_run_that_misses_its_target_is_no_time():
    slow, fast = np.array([40.0, 50.0, 60.0]), np.array([10.0, 12.0, 16.0])
    known = usable.speedup(slow, fast, 100.0)
    assert known.low < known.estimate < known.high < np.inf
    missed = usable.speedup(np.array([np.inf, 50.0, 60.0]), fast, 100.0)
    assert np.isnan(missed.estimate)
    assert 0 < missed.low < missed.high == np.inf
    assert outcome(missed, low=2, high=14) == "inconclusive"
    hopeless = usable.speedup(slow, np.array([np.inf, 12.0, 16.0]), 100.0)
    assert hopeless.low == 0
    assert hopeless.high < np.inf
    both = usable.speedup(np.full(3, np.inf), np.full(3, np.inf), 100.0)
    assert (both.low, both.high) == (0, np.inf)


def test_gain_is_paired():
    rows = np.array([[0.9, 0.8, 0.7], [0.91, 0.81, 0.71]])
    data = xr.DataArray(rows, dims=("norm", "seed"), coords={"norm": ["none", "batch"]})
    np.testing.assert_allclose(gain(data), [1, 1, 1])


def test_running_averages_are_matched_to_the_run():
    assert measures.matched(400) == pytest.approx(0.975)
    assert measures.matched(12) == 0.5


def test_the_gap_is_over_the_second_half():
    record = xr.Dataset(
        {
            "probe_inference": (("seed", "probe_step"), [[9.0, 9, 3, 5]]),
            "probe_training": (("seed", "probe_step"), [[0.0, 0, 1, 1]]),
        }
    )
    np.testing.assert_allclose(measures.gap(record), [3.0])
