"""The noise of gradients, in closed form and in simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.statistics import noise
from lab.validation.errors import InputError


def drawn(seeds, examples, mean, spread):
    """Gradients of mean `mean` and covariance diag(spread²): [seeds, examples, P]."""
    rng = np.random.default_rng(0)
    return mean + spread * rng.normal(size=(seeds, examples, len(mean)))


MEAN, SPREAD = np.array([1.0, 0.0, -2.0]), np.array([3.0, 1.0, 2.0])
SQUARED, TRACE = 5.0, 14.0


def test_moments_of_examples_are_unbiased():
    moments = noise.moments_of_examples(drawn(20_000, 4, MEAN, SPREAD))
    error = 4 / np.sqrt(20_000)  # in standard errors
    assert abs(moments.squared.mean() - SQUARED) < error * moments.squared.std()
    assert abs(moments.trace.mean() - TRACE) < error * moments.trace.std()


def test_moments_of_two_batches_are_unbiased():
    gradients = drawn(20_000, 16, MEAN, SPREAD)
    small = (gradients[:, :2].mean(1) ** 2).sum(-1)
    big = (gradients.mean(1) ** 2).sum(-1)
    moments = noise.moments_of_batches(small, big, 2, 16)
    error = 4 / np.sqrt(20_000)
    assert abs(moments.squared.mean() - SQUARED) < error * moments.squared.std()
    assert abs(moments.trace.mean() - TRACE) < error * moments.trace.std()


@given(st.integers(2, 9), st.integers(0, 99))
def test_single_examples_are_the_two_batches_one_and_all(count, seed):
    g = np.random.default_rng(seed).normal(size=(count, 5))
    one = noise.moments_of_examples(g)
    two = noise.moments_of_batches((g**2).sum(-1).mean(), (g.mean(0) ** 2).sum(), 1, count)
    np.testing.assert_allclose(one, two, atol=1e-12)


def test_the_scale_is_a_ratio_of_means_with_an_interval_that_covers():
    moments = noise.moments_of_examples(drawn(400, 8, MEAN, SPREAD))
    found = noise.noise_scale(moments)
    np.testing.assert_allclose(found.estimate, moments.trace.mean() / moments.squared.mean())
    assert found.low < TRACE / SQUARED < found.high < 4


def test_without_a_gradient_there_is_only_a_lower_bound():
    found = noise.noise_scale(noise.moments_of_examples(drawn(40, 8, 0 * MEAN, SPREAD)))
    assert np.isposinf(found.estimate)
    assert np.isposinf(found.high)
    assert found.low > 1


def test_repetitions_may_lie_along_any_axis():
    moments = noise.moments_of_examples(drawn(60, 8, MEAN, SPREAD).reshape(20, 3, 8, 3))
    found = noise.noise_scale(moments, axis=0)
    assert found.estimate.shape == (3,)
    alone = noise.noise_scale(noise.Moments(*(m[:, 1] for m in moments)))
    np.testing.assert_allclose([x[1] for x in found], alone)


@given(st.floats(1, 1e4), st.floats(0.5, 2000))
def test_the_fit_finds_what_made_the_curve(steps, size):
    sizes = 2.0 ** np.arange(11)
    fit = noise.critical_batch(sizes, noise.CriticalBatch(steps, size).at(sizes))
    np.testing.assert_allclose(fit, (steps, size), rtol=1e-3)


def test_the_fit_is_unmoved_by_sizes_that_never_arrive():
    sizes = np.array([1.0, 4.0, 16.0, 64.0])
    steps = noise.CriticalBatch(50, 8).at(sizes)
    steps[0] = np.inf
    np.testing.assert_allclose(noise.critical_batch(sizes, steps), (50, 8), rtol=1e-4)


def test_sgd_on_a_noisy_bowl_bends_at_the_noise_scale():
    """One step from w along g ~ N(hw, σ²/B): the best step's gain is that of B_simple."""
    sizes = 2.0 ** np.arange(12)
    gain = 1 / (1 + 40.0 / sizes)  # (McCandlish 2018, equation 2.7 with B_simple = 40)
    np.testing.assert_allclose(noise.critical_batch(sizes, 1 / gain).size, 40, rtol=1e-4)


def test_resampling_has_the_spread_of_a_mean():
    values = np.random.default_rng(1).normal(size=(2, 200))
    means = noise.resampled(lambda x: x.mean(-1), values, resamples=2000)
    assert means.shape == (2000, 2)
    np.testing.assert_allclose(means.std(0), values.std(-1) / np.sqrt(200), rtol=0.1)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: noise.moments_of_examples(np.ones((1, 3))), "at least 2"),
        (lambda: noise.moments_of_batches(1.0, 1.0, 4, 4), "small < big"),
        (lambda: noise.critical_batch([1, 2], [3, 4]), "needs 3"),
        (lambda: noise.noise_scale(noise.Moments(np.ones(1), np.ones(1))), "at least 2"),
    ],
)
def test_refusals_name_what_is_wrong(call, words):
    with pytest.raises(InputError, match=words):
        call()
