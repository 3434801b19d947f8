"""Pairs with diverged runs, P(A beats B), and Hodges and Lehmann's shift."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from lab.statistics import finite_differences, hodges_lehmann, probability_of_beating
from lab.statistics.shift import signed_rank_cdf
from lab.validation.errors import InputError

loss = st.one_of(st.floats(0, 10), st.sampled_from([np.inf, np.nan, -np.inf]))


@given(st.lists(st.tuples(loss, loss), min_size=1, max_size=9), st.floats(0, 20))
def test_differences_are_finite_and_of_opposite_sign_the_other_way(pairs, fallback):
    a, b = np.array(pairs).T
    d = finite_differences(a, b, fallback)
    assert np.isfinite(d).all()
    assert (d == -finite_differences(b, a, fallback)).all()
    both = np.isfinite(a) & np.isfinite(b)
    assert (d[both] == a[both] - b[both]).all()
    assert (d[~np.isfinite(a) & ~np.isfinite(b)] == 0).all()


def test_each_task_may_have_its_own_fallback():
    a = np.array([[1.0, np.inf], [np.nan, 2.0]])
    d = finite_differences(a, np.ones((2, 2)), fallback=np.array([[2.0], [3.0]]))
    assert d.tolist() == [[0, 1], [2, 1]]


@given(st.lists(st.integers(0, 5), min_size=1, max_size=12), st.integers(0, 9))
def test_all_pairs_is_mann_and_whitneys_u(a, seed):
    b = np.random.default_rng(seed).integers(0, 6, 7)
    u = stats.mannwhitneyu(b, a).statistic  # pairs in which b is larger
    assert probability_of_beating(a, b, paired=False) == pytest.approx(u / (7 * len(a)))


@given(st.lists(st.tuples(loss, loss), min_size=1, max_size=9), st.booleans())
def test_one_of_the_two_beats_the_other(pairs, paired):
    a, b = np.array(pairs).T
    total = probability_of_beating(a, b, paired=paired) + probability_of_beating(
        b, a, paired=paired
    )
    assert total == pytest.approx(1)


def test_a_diverged_run_is_beaten_by_any_other():
    assert probability_of_beating([1.0, 2.0], [np.inf, np.nan]) == 1
    assert probability_of_beating([np.inf], [np.inf]) == 0.5
    assert probability_of_beating([[1.0, 3.0]], [[2.0, 2.0]], paired=False).shape == (1,)


@pytest.mark.parametrize("n", [1, 5, 12, 40])
def test_the_null_distribution_is_scipys(n):
    cdf = signed_rank_cdf(n)
    assert len(cdf) == n * (n + 1) // 2 + 1
    assert cdf[-1] == pytest.approx(1)
    if n > 1:
        d = np.arange(1.0, n + 1) * np.where(np.arange(n) % 3, 1, -1)
        w = d[d > 0].sum()
        p = stats.wilcoxon(d, alternative="less", method="exact").pvalue
        assert cdf[int(w)] == pytest.approx(p)


@given(st.integers(6, 14), st.integers(0, 99), st.sampled_from([0.8, 0.95]))
def test_the_interval_holds_what_wilcoxons_test_does_not_reject(n, seed, level):
    d = np.random.default_rng(seed).normal(size=n)
    found = hodges_lehmann(d, level)
    assert found.low <= found.estimate <= found.high

    def p(shift):
        return stats.wilcoxon(d - shift, method="exact").pvalue

    assert p(found.low - 1e-9) <= 1 - level + 1e-12 < p(found.low + 1e-9) + 2e-12
    assert p(found.high + 1e-9) <= 1 - level + 1e-12 < p(found.high - 1e-9) + 2e-12


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=12), st.integers(-9, 9))
def test_a_shift_shifts(d, by):
    d = np.array(d, float)
    np.testing.assert_allclose(hodges_lehmann(d + by), np.add(hodges_lehmann(d), by))
    assert hodges_lehmann(-d).estimate == -hodges_lehmann(d).estimate


def test_five_pairs_have_no_limits_and_an_outlier_moves_little():
    assert np.isinf(hodges_lehmann(np.arange(5.0)).high)
    d = np.arange(12.0)
    spoilt = np.where(d == 11, 1e9, d)
    assert abs(hodges_lehmann(spoilt).estimate - hodges_lehmann(d).estimate) < 1


def test_rows_are_independent():
    rows = np.random.default_rng(0).normal(size=(3, 10))
    together = hodges_lehmann(rows)
    np.testing.assert_array_equal([x[1] for x in together], hodges_lehmann(rows[1]))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: finite_differences([1.0], [1.0, 2.0], 0.0), "one shape"),
        (lambda: finite_differences([1.0], [1.0], np.inf), "fallback"),
        (lambda: probability_of_beating([1.0], [1.0, 2.0]), "share"),
        (lambda: hodges_lehmann([np.inf]), "finite_differences"),
        (lambda: hodges_lehmann([]), "empty"),
        (lambda: hodges_lehmann([1.0], 0), "level"),
    ],
)
def test_refusals_name_what_is_wrong(call, words):
    with pytest.raises(InputError, match=words):
        call()
