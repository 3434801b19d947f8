"""Survival curves against a published table, by hand, and as areas."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.statistics import TimeToTarget, kaplan_meier, restricted_mean, time_to_target, until
from lab.validation.errors import InputError

runs = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=30)


def reached(pairs):
    times, hits = zip(*pairs)
    return TimeToTarget(np.array(times, float), np.array(hits))


@given(runs)
def test_the_curve_is_the_product_over_hits_whatever_ties_with_them(pairs):
    curve = kaplan_meier(reached(pairs))
    assert curve.time.tolist() == sorted({time for time, _ in pairs})
    share = 1.0
    for time, found in zip(curve.time, curve.share):
        at_risk = sum(t >= time for t, _ in pairs)
        share *= 1 - sum(t == time and hit for t, hit in pairs) / at_risk
        assert found == pytest.approx(share, abs=1e-12)


# Remission of 21 patients on 6-mercaptopurine (Freireich et al. 1963), as Stata's `sts list` and
# Klein & Moeschberger, Survival analysis, 2003, chapter 4, have it.
REMISSION = [(t, True) for t in (6, 6, 6, 7, 10, 13, 16, 22, 23)]
REMISSION += [(t, False) for t in (6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)]
LISTED = {
    6: (0.8571, 0.6197, 0.9516),
    7: (0.8067, 0.5631, 0.9228),
    10: (0.7529, 0.5032, 0.8894),
    13: (0.6902, 0.4316, 0.8491),
    16: (0.6275, 0.3675, 0.8049),
    22: (0.5378, 0.2678, 0.7468),
    23: (0.4482, 0.1881, 0.6801),
}


def test_the_band_is_that_of_a_published_table():
    curve = kaplan_meier(reached(REMISSION))
    rows = [np.flatnonzero(curve.time == time)[0] for time in LISTED]
    found = np.stack([curve.share, curve.low, curve.high], -1)[rows]
    np.testing.assert_allclose(found, list(LISTED.values()), atol=6e-5)
    narrower = kaplan_meier(reached(REMISSION), level=0.9)
    assert (narrower.low > curve.low).all()
    assert (narrower.high < curve.high).all()


@pytest.mark.parametrize("pairs", [[(2, True)], [(2, False)], [(1, True), (1, True)], [(0, False)]])
def test_where_all_or_none_have_arrived_there_are_no_limits(pairs):
    curve = kaplan_meier(reached(pairs))
    assert set(curve.share) <= {0.0, 1.0}
    assert (curve.low.tolist(), curve.high.tolist()) == ([0], [1])


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
        (lambda: kaplan_meier(reached([(1, True)]), 1.0), "level"),
    ],
)
def test_refusals_name_what_is_wrong(call, words):
    with pytest.raises(InputError, match=words):
        call()
