"""Ranks with uncertainty."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lab.statistics import bootstrap_ranks, rank_distribution
from lab.validation.errors import InputError


def test_by_hand():
    scores = np.array([[1.0, 1.0, 3.0, 1.0], [2.0, 2.0, 2.0, 1.0], [3.0, np.inf, 1.0, np.nan]])
    found = rank_distribution(scores)
    np.testing.assert_allclose(found.mean.estimate, [6.5 / 4, 7.5 / 4, 10 / 4])
    np.testing.assert_allclose(
        found.probability,
        [[2.5 / 4, 0.5 / 4, 1 / 4], [0.5 / 4, 3.5 / 4, 0], [1 / 4, 0, 3 / 4]],
    )
    assert found.mean.low[0] == 1
    assert found.mean.high[0] == 3


@given(arrays(int, (4, 3, 7), elements=st.integers(0, 3)))
def test_every_rank_is_taken_by_somebody(scores):
    found = rank_distribution(scores)
    np.testing.assert_allclose(found.probability.sum(0), 1)
    np.testing.assert_allclose(found.probability.sum(1), 1)
    assert found.mean.estimate.sum() == pytest.approx(4 * 5 / 2)
    np.testing.assert_allclose(found.probability @ np.arange(1, 5), found.mean.estimate)


def test_alike_methods_have_all_ranks_and_a_better_one_its_own():
    rng = np.random.default_rng(0)
    losses = rng.normal(size=(4, 3, 30))
    losses[0] -= 10
    found = bootstrap_ranks(losses, resamples=400)
    assert found.mean.estimate[0] == found.mean.high[0] == 1
    assert found.probability[0].tolist() == [1, 0, 0, 0]
    assert (found.mean.high[1:] - found.mean.low[1:] > 0.5).all()


def test_seeds_are_shared_so_that_a_small_steady_lead_counts():
    seeds = 100 * np.random.default_rng(0).normal(size=(1, 2, 10))
    found = bootstrap_ranks(np.concatenate([seeds, seeds + 0.1]), resamples=200)
    assert found.probability.tolist() == [[1, 0], [0, 1]]


def test_a_method_that_diverges_comes_last_as_often_as_it_is_drawn():
    losses = np.zeros((2, 1, 10)) + np.array([0.0, 1.0])[:, None, None]
    losses[0, 0, 3] = np.inf
    found = bootstrap_ranks(losses, resamples=4000)
    assert found.probability[0, 1] == pytest.approx(1 - 0.9**10, abs=0.03)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: rank_distribution(np.ones(3)), "resample"),
        (lambda: bootstrap_ranks(np.ones((3, 4))), "task"),
    ],
)
def test_refusals_name_what_is_wrong(call, words):
    with pytest.raises(InputError, match=words):
        call()
