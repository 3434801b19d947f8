"""The interquartile mean against scipy, and its error by simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from lab.statistics import interquartile_error, interquartile_mean, normalized
from lab.validation.errors import InputError


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40))
def test_it_is_scipys_trimmed_mean(values):
    expected = stats.trim_mean(values, 0.25)
    np.testing.assert_allclose(interquartile_mean(values), expected, rtol=1e-9, atol=1e-6)


def test_up_to_a_quarter_may_diverge():
    values = np.array([np.inf, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, np.inf])
    assert interquartile_mean(values) == np.mean([3, 4, 5, 6])
    assert interquartile_mean(np.where(values == 6, np.inf, values)) == np.inf


def test_the_error_is_the_spread_of_the_estimate():
    values = np.random.default_rng(0).normal(size=(20_000, 40))
    spread = interquartile_mean(values).std()
    np.testing.assert_allclose(np.mean(interquartile_error(values) ** 2) ** 0.5, spread, rtol=0.05)


def test_the_error_of_diverged_runs_is_infinite():
    assert interquartile_error([1.0, 2.0, np.inf, np.inf]) == np.inf
    assert np.isfinite(interquartile_error([1.0, 2.0, 3.0, np.inf]))


def test_normalization_makes_tasks_comparable():
    losses = np.array([[0.1, 0.2], [100.0, 300.0]])  # [task, seed]
    scaled = normalized(losses, best=[0.1, 100.0], reference=[1.1, 1100.0])
    np.testing.assert_allclose(scaled, [[0, 0.1], [0, 0.2]])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: interquartile_mean([1.0, np.nan]), "NaN"),
        (lambda: interquartile_mean([]), "empty"),
        (lambda: interquartile_error([1.0]), "at least 2"),
        (lambda: normalized(np.ones((2, 3)), [0, 1], [1, 1]), "differ"),
    ],
)
def test_refusals_name_what_is_wrong(call, words):
    with pytest.raises(InputError, match=words):
        call()
