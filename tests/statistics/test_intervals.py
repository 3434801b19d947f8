"""Intervals against scipy, and by simulation."""

import numpy as np
import pytest
from scipy import stats

from lab import statistics
from lab.validation.errors import InputError


def test_mean_interval_is_scipys():
    values = np.random.default_rng(0).normal(size=(3, 12))
    found = statistics.mean_interval(values)
    for row, low, high in zip(values, found.low, found.high):
        expected = stats.ttest_1samp(row, 0).confidence_interval(0.95)
        np.testing.assert_allclose([low, high], [expected.low, expected.high])


def test_ninety_five_percent_intervals_cover_at_ninety_five_percent():
    values = np.random.default_rng(1).normal(3.0, 2.0, size=(20_000, 12))
    found = statistics.mean_interval(values)
    covered = np.mean((found.low <= 3) & (found.high >= 3))
    assert abs(covered - 0.95) < 0.006  # four standard errors


@pytest.mark.parametrize("sign", [1, -1])
def test_a_diverged_run_makes_the_mean_infinite(sign):
    found = statistics.mean_interval(np.array([1.0, 2.0, sign * np.inf]))
    assert found.estimate == found.low == found.high == sign * np.inf


def test_pairs_that_both_diverged_do_not_differ():
    a, b = np.array([1.0, np.inf, 3.0]), np.array([0.5, np.inf, 2.0])
    assert statistics.paired_difference(a, b).estimate == pytest.approx(0.5)
    assert np.isposinf(statistics.paired_difference(a, np.array([0.5, 1.0, 2.0])).estimate)


def test_more_comparisons_widen_the_interval_as_bonferroni_says():
    rng = np.random.default_rng(2)
    a, b = rng.normal(size=(2, 15))
    one = statistics.paired_difference(a, b, level=0.99)
    five = statistics.paired_difference(a, b, level=0.95, comparisons=5)
    assert one == five


@pytest.mark.parametrize("values", [[1.0], [1.0, np.nan]])
def test_what_has_no_interval_is_refused(values):
    with pytest.raises(InputError):
        statistics.mean_interval(np.array(values))
