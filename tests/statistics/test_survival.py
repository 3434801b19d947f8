"""Survival curves against scipy, by hand, and as areas."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from lab.statistics import TimeToTarget, kaplan_meier, restricted_mean, time_to_target, until
from lab.validation.errors import InputError

runs = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=30)


def reached(pairs):
    times, hits = zip(*pairs)
    return TimeToTarget(np.array(times, float), np.array(hits))


def scipys(found):
    data = stats.CensoredData(uncensored=found.time[found.hit], right=found.time[~found.hit])
    return stats.ecdf(data).sf


@given(runs)
def test_the_curve_is_scipys_also_with_ties_and_censoring_anywhere(pairs):
    found = reached(pairs)
    ours, theirs = kaplan_meier(found), scipys(found)
    np.testing.assert_array_equal(ours.time, theirs.quantiles)
    np.testing.assert_allclose(ours.share, theirs.probabilities, atol=1e-12)


def test_greenwoods_band_is_scipys():
    rng = np.random.default_rng(0)
    found = TimeToTarget(rng.integers(1, 15, 60) * 1.0, rng.random(60) < 0.7)
    ours, theirs = kaplan_meier(found), scipys(found)
    band = ours.band(0.9)
    limits = theirs.confidence_interval(0.9, method="log-log")
    known = (ours.share > 0) & (ours.share < 1)
    np.testing.assert_allclose(band.low[known], limits.low.probabilities[known])
    np.testing.assert_allclose(band.high[known], limits.high.probabilities[known])
    assert (band.low[~known] == 0).all()


def test_by_hand():
    curve = kaplan_meier(reached([(1, True), (2, True), (2, False), (3, True), (5, False)]))
    np.testing.assert_allclose(curve.share, [4 / 5, 4 / 5 * 3 / 4, 3 / 5 * 1 / 2, 3 / 10])
    np.testing.assert_allclose(curve.area(5), 1 + 0.8 + 0.6 + 2 * 0.3)
    assert curve.at([0.5, 1, 2.5]).tolist() == pytest.approx([1, 0.8, 0.6])


@given(runs, st.integers(1, 15))
def test_the_restricted_mean_is_the_area_under_the_curve(pairs, budget):
    found = until(reached(pairs), budget)
    area = kaplan_meier(found).area(budget)
    assert area == pytest.approx(restricted_mean(reached(pairs), budget))


@given(runs, st.integers(1, 15))
def test_misses_count_to_the_end_wherever_they_stopped(pairs, budget):
    found = until(reached(pairs), budget)
    assert (found.time[~found.hit] == budget).all()
    shares = kaplan_meier(found)
    hits = np.array([h and t <= budget for t, h in pairs])
    assert shares.share[-1] == pytest.approx(1 - hits.mean(), abs=1e-12)


def test_a_diverged_run_does_not_shorten_the_mean():
    curves = np.array([[3.0, 1.0, 0.5], [3.0, np.nan, np.nan]])
    found = time_to_target(curves, np.array([0, 10, 20]), 1.0)
    assert restricted_mean(found, 20) == 15
    stopped = TimeToTarget(np.array([10.0, 2.0]), np.array([True, False]))
    assert restricted_mean(stopped, 20) == 15


def test_means_keep_other_axes():
    found = TimeToTarget(np.arange(6.0).reshape(2, 3), np.ones((2, 3), bool))
    assert restricted_mean(found, 9).tolist() == [1, 4]
    assert restricted_mean(found, 9, axis=0).tolist() == [1.5, 2.5, 3.5]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: kaplan_meier(TimeToTarget(np.ones((2, 2)), np.ones((2, 2), bool))), "one row"),
        (lambda: kaplan_meier(TimeToTarget(np.array([np.inf]), np.array([False]))), "finite"),
        (lambda: until(TimeToTarget(np.ones(2), np.ones(2, bool)), -1), "budget"),
        (lambda: kaplan_meier(reached([(1, True)])).band(1.0), "level"),
    ],
)
def test_refusals_name_what_is_wrong(call, words):
    with pytest.raises(InputError, match=words):
        call()
