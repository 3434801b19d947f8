"""The study of normalization runs, redraws itself, and judges hand-made records rightly."""

import numpy as np
import pytest
import xarray as xr

from studies.normalization import __main__ as study
from studies.normalization import measures, runs


def test_smoke_and_redrawing(smoke):
    smoke(study)


def accuracy(dim, at, rows):
    return xr.DataArray(rows, dims=(dim, "seed"), coords={dim: at, "seed": range(len(rows[0]))})


def test_usable_decades_are_counted_seed_by_seed():
    values = accuracy("rate", [0.01, 0.1, 1.0], [[0.95, 0.2], [0.91, 0.95], [0.1, 0.3]])
    np.testing.assert_allclose(measures.usable_decades(values, "rate", 0.9), [2.0, 1.0])


def test_first_reach_and_the_quickest_rate():
    path = xr.DataArray(
        [[[0.1, 0.5, 0.95], [0.1, 0.92, 0.95]], [[0.1, 0.2, 0.3], [0.1, 0.2, 0.91]]],
        dims=("rate", "seed", "step"),
        coords={"rate": [0.1, 1.0], "step": [0.0, 10.0, 20.0]},
    )
    np.testing.assert_array_equal(measures.first_reach(path[0], 0.9), [20, 10])
    np.testing.assert_array_equal(measures.first_reach(path[1], 0.9), [np.inf, 20])
    rate, times = measures.quickest(path, 0.9)
    assert rate == 0.1
    np.testing.assert_array_equal(times, [20, 10])


def test_the_largest_usable_rate():
    values = xr.DataArray([0.95, 0.92, 0.1], dims="rate", coords={"rate": [0.01, 0.1, 1.0]})
    assert measures.largest(values, 0.9) == 0.1
    assert measures.largest(values, 0.99) == pytest.approx(0.01 / 10**0.5)


def test_gain_is_paired_and_claims_need_every_interval():
    rows = np.array([[0.9, 0.8, 0.7], [0.91, 0.81, 0.71]])
    data = xr.DataArray(rows, dims=("norm", "seed"), coords={"norm": ["none", "batch"]})
    np.testing.assert_allclose(measures.gain(data), [1, 1, 1])
    up, down, open_ = (
        measures.Interval(*(np.asarray(v) for v in x))
        for x in ((1, 0.5, 1.5), (-1, -2, -0.5), (0, -1, 1))
    )
    assert measures.all_above([up, up]) == "held"
    assert measures.all_above([up, open_]) == "inconclusive"
    assert measures.all_above([up, down]) == "did not hold"
    assert measures.none_above([open_, down]) == "held"
    assert measures.none_above([up]) == "did not hold"
    assert measures.all_above([measures.negative(down)]) == "held"


def test_running_averages_are_matched_to_the_run():
    assert runs.matched(400) == pytest.approx(0.975)
    assert runs.matched(12) == 0.5


def test_the_gap_is_over_the_second_half():
    record = xr.Dataset(
        {
            "probe_inference": (("seed", "probe_step"), [[9.0, 9, 3, 5]]),
            "probe_training": (("seed", "probe_step"), [[0.0, 0, 1, 1]]),
        }
    )
    np.testing.assert_allclose(runs.gap(record), [3.0])
