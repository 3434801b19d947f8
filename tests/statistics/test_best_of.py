"""The best of k trials: by enumeration, by simulation, and with diverged runs."""

from fractions import Fraction
from itertools import combinations, product
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from lab.statistics import best_weights, expected_best, median_best, trial_weights
from lab.validation.errors import InputError

losses = st.lists(st.integers(-5, 5), min_size=1, max_size=7)


def true_best_of(k):
    """E max of k standard normal variables."""
    return integrate.quad(
        lambda x: x * k * stats.norm.pdf(x) * stats.norm.cdf(x) ** (k - 1), -10, 10
    )[0]


@pytest.mark.parametrize("k", [1, 2, 500, 9_990])
def test_weights_of_many_trials_are_exact_though_the_coefficients_overflow(k):
    exact = [float(Fraction(comb(10_000 - j, k - 1), comb(10_000, k))) for j in range(1, 40)]
    np.testing.assert_allclose(best_weights(10_000, k)[:39], exact, rtol=1e-13)


def test_the_worked_figure():
    """N(0, 1), 20 trials, best of 10 (largest): truth 1.538, plug-in 1.421, unbiased 1.540.

    The last two were simulated; their exact means are 1.4197 and the truth, as tested below.
    """
    truth = true_best_of(10)
    assert truth == pytest.approx(1.538, abs=1e-3)
    values = np.random.default_rng(0).normal(size=(40_000, 20))
    unbiased = expected_best(values, 10, largest=True)
    plug_in = expected_best(values, 10, largest=True, plug_in=True)
    error = 4 * unbiased.std() / np.sqrt(len(values))
    assert abs(unbiased.mean() - truth) < error < 0.01
    assert abs(plug_in.mean() - 1.421) < error


def test_the_biases_follow_from_the_means_of_order_statistics():
    def mean_of_rank(j, n=20):  # of the j-th largest
        density = stats.beta(n - j + 1, j).pdf
        return integrate.quad(
            lambda x: x * density(stats.norm.cdf(x)) * stats.norm.pdf(x), -10, 10
        )[0]

    ordered = np.array([mean_of_rank(j) for j in range(1, 21)])
    assert best_weights(20, 10) @ ordered == pytest.approx(true_best_of(10), abs=1e-8)
    assert best_weights(20, 10, plug_in=True) @ ordered == pytest.approx(1.4197, abs=1e-4)


@given(losses, st.data())
def test_all_subsets_by_hand(values, data):
    k = data.draw(st.integers(1, len(values)))
    best = [min(chosen) for chosen in combinations(values, k)]
    assert expected_best(values, k) == pytest.approx(np.mean(best))
    assert median_best(values, k) == pytest.approx(np.median(best))
    assert expected_best(values, k, largest=True) == pytest.approx(
        np.mean([max(chosen) for chosen in combinations(values, k)])
    )


@given(losses.filter(lambda v: len(v) <= 5), st.integers(1, 4))
def test_the_plug_in_draws_the_same_trial_twice(values, k):
    best = [min(chosen) for chosen in product(values, repeat=k)]
    assert expected_best(values, k, plug_in=True) == pytest.approx(np.mean(best))


@given(losses, st.data())
def test_validation_selects_and_test_values_are_weighed(by, data):
    k = data.draw(st.integers(1, len(by)))
    values = data.draw(st.lists(st.floats(-9, 9), min_size=len(by), max_size=len(by)))
    expected = []
    for chosen in combinations(range(len(by)), k):
        least = min(by[i] for i in chosen)  # ties: any of the best
        expected.append(np.mean([values[i] for i in chosen if by[i] == least]))
    assert expected_best(values, k, by=by) == pytest.approx(np.mean(expected), abs=1e-9)


@given(st.integers(1, 400), st.data())
def test_weights_are_probabilities_that_fall_with_the_rank(count, data):
    k = data.draw(st.integers(1, count))
    for plug_in in (False, True):
        weights = best_weights(count, k, plug_in=plug_in)
        assert weights.sum() == pytest.approx(1, rel=1e-9)
        assert (np.diff(weights) <= 1e-12).all()
    assert (best_weights(count, k) > 0).sum() == count - k + 1


def test_more_trials_are_never_worse_and_the_ends_are_plain():
    values = np.random.default_rng(1).normal(size=(3, 12))
    curve = np.stack([expected_best(values, k) for k in range(1, 13)])
    assert (np.diff(curve, axis=0) < 0).all()
    np.testing.assert_allclose(curve[0], values.mean(-1))
    np.testing.assert_allclose(curve[-1], values.min(-1))


def test_diverged_runs_are_selected_only_when_nothing_else_was_drawn():
    values = [np.inf, 1.0, np.nan, 2.0]
    assert expected_best(values, 2) == np.inf
    assert expected_best(values, 3) == pytest.approx((3 * 1 + 2) / 4)
    assert median_best(values, 1) == np.inf  # half of the draws diverged
    assert median_best(values, 2) == 1.5
    assert median_best([np.inf] * 3, 2) == np.inf


def test_a_selected_trial_may_have_diverged_in_the_test():
    assert expected_best([np.inf, 1.0], 2, by=[0.0, 1.0]) == np.inf
    assert expected_best([np.inf, 1.0], 2, by=[np.nan, 1.0]) == 1.0
    assert trial_weights([np.nan, 1.0], 2).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: expected_best([1.0, 2.0], 3), "k must lie in 1 … 2"),
        (lambda: expected_best([1.0, 2.0], 0), "k must be"),
        (lambda: expected_best([1.0, 2.0], 1, by=[1.0]), "one shape"),
    ],
)
def test_refusals_name_what_is_wrong(call, words):
    with pytest.raises(InputError, match=words):
        call()
