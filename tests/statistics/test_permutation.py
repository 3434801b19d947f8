"""Sign flips by enumeration, against scipy, and by simulation."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from lab.statistics import sign_flip_interval, sign_flip_test
from lab.validation.errors import InputError

whole = st.lists(st.integers(-6, 6), min_size=1, max_size=8)


@given(whole)
def test_all_signs_by_hand(differences):
    d = np.array(differences)
    sums = [abs(np.dot(signs, d)) for signs in product([1, -1], repeat=len(d))]
    assert sign_flip_test(d) == pytest.approx(np.mean(np.array(sums) >= abs(d.sum())))


def test_it_is_scipys_permutation_test():
    d = np.random.default_rng(0).normal(0.4, 1, size=11)
    theirs = stats.permutation_test(
        (d,),
        lambda x, axis: x.mean(axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=np.inf,
    )
    assert sign_flip_test(d) == pytest.approx(theirs.pvalue)


@given(st.integers(1, 14))
def test_the_smallest_p(n):
    assert sign_flip_test(np.arange(1.0, n + 1)) == 2.0 ** (1 - n)
    assert sign_flip_test(-np.arange(1.0, n + 1)) == 2.0 ** (1 - n)


@given(whole, st.sampled_from([1e-9, 0.1, 7.3, 1e9]))
def test_units_and_the_sign_of_all_do_not_matter(differences, unit):
    d = np.array(differences)
    assert sign_flip_test(d * unit) == sign_flip_test(d) == sign_flip_test(-d)


def test_rows_are_tested_each_by_itself_however_many_at_once():
    rows = np.random.default_rng(1).normal(size=(2, 40, 15))
    found = sign_flip_test(rows)
    assert found.shape == (2, 40)
    assert found[1, 7] == sign_flip_test(rows[1, 7])
    limits = sign_flip_interval(rows)
    np.testing.assert_allclose([x[1, 7] for x in limits], sign_flip_interval(rows[1, 7]))


def test_drawn_signs_agree_with_all_signs():
    d = np.random.default_rng(2).normal(0.5, 1, size=16)
    exact, drawn = sign_flip_test(d), sign_flip_test(d, exact_up_to=10)
    assert drawn == pytest.approx(exact, abs=4 * np.sqrt(exact / 20_000))
    assert sign_flip_test(np.arange(1.0, 60), draws=999) == 1 / 1000  # never 0
    limits, wanted = sign_flip_interval(d, exact_up_to=10), sign_flip_interval(d)
    np.testing.assert_allclose(limits, wanted, atol=0.02)


def test_p_is_uniform_where_nothing_differs():
    rows = np.random.default_rng(3).normal(size=(4000, 10))
    p = sign_flip_test(rows)
    for level in (0.05, 0.1, 0.5):
        assert abs((p <= level).mean() - level) < 4 * np.sqrt(level * (1 - level) / 4000)


def test_flipped_signs_of_real_differences_give_few_false_winners():
    rng = np.random.default_rng(4)
    differences = rng.lognormal(size=12) - 0.8  # skewed, far from 0
    rows = differences * (2 * rng.integers(0, 2, (1000, 12)) - 1)
    assert (sign_flip_test(rows) <= 0.05).mean() <= 0.065


@given(st.lists(st.integers(-9, 9), min_size=6, max_size=8), st.sampled_from([0.8, 0.9, 0.95]))
def test_the_interval_holds_what_the_test_does_not_reject(differences, level):
    d = np.array(differences) + np.linspace(0, 0.013, len(differences)) ** 2  # no ties
    found = sign_flip_interval(d, level)
    assert found.low <= found.estimate <= found.high
    width = np.ptp(d)
    for limit, outward in ((found.low, -1), (found.high, 1)):
        assert sign_flip_test(d - (limit + outward * 1e-7 * width)) <= 1 - level + 1e-12
        assert sign_flip_test(d - (limit - outward * 1e-7 * width)) > 1 - level - 1e-12


def test_coverage_is_exact_for_symmetric_differences():
    rng = np.random.default_rng(5)
    for rows in (rng.normal(size=(4000, 8)), rng.standard_t(2, size=(4000, 8))):
        found = sign_flip_interval(rows)
        covered = ((found.low <= 0) & (found.high >= 0)).mean()
        # m = ⌊.05·128⌋ = 6 of 256: 1 − 12/256
        assert abs(covered - (1 - 12 / 256)) < 4 * np.sqrt(0.05 * 0.95 / 4000)


def test_five_seeds_can_never_exclude_0():
    found = sign_flip_interval([1.0, 2.0, 3.0, 4.0, 5.0])
    assert (found.low, found.high) == (-np.inf, np.inf)
    assert sign_flip_interval([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).low == 1


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: sign_flip_test([1.0, np.inf]), "finite_differences"),
        (lambda: sign_flip_interval([np.nan]), "finite_differences"),
        (lambda: sign_flip_test([]), "empty"),
        (lambda: sign_flip_interval([1.0], 95), "level"),
        (lambda: sign_flip_test(np.ones(30), draws=0), "draws"),
    ],
)
def test_refusals_name_what_is_wrong(call, words):
    with pytest.raises(InputError, match=words):
        call()
