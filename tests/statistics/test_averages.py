"""Moving averages: the recursion is the expanded sum, and bad input is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab import InputError
from lab.statistics.averages import ema, ema_reach, ema_weights, simple_average


@given(st.floats(0.01, 0.99), st.integers(1, 40), st.integers(0, 9))
def test_recursion_equals_the_expanded_sum(beta, count, seed):
    values = np.random.default_rng(seed).normal(size=(2, count))
    weights = ema_weights(beta, count)
    expanded = [values[:, t::-1] @ weights[: t + 1] for t in range(count)]
    np.testing.assert_allclose(ema(values, beta), np.stack(expanded, -1), rtol=1e-10, atol=1e-12)


@given(st.floats(0.01, 0.99), st.floats(-5, 5))
def test_a_constant_is_its_own_corrected_average(beta, level):
    np.testing.assert_allclose(
        ema(np.full(30, level), beta, debias=True), level, rtol=1e-10, atol=1e-300
    )


@given(st.floats(0.01, 0.995), st.floats(0.05, 0.99))
def test_reach_is_the_least_number_with_that_weight(beta, share):
    n = ema_reach(beta, share)
    assert ema_weights(beta, n).sum() >= share - 1e-9
    assert n == 1 or ema_weights(beta, n - 1).sum() < share + 1e-9


def test_a_steady_slope_lags_as_far_as_the_weights_are_old():
    ramp = np.arange(400.0)
    assert ramp[-1] - ema(ramp, 0.8)[-1] == pytest.approx(0.8 / 0.2)
    assert ramp[-1] - simple_average(ramp, 9)[-1] == pytest.approx(4)


@pytest.mark.parametrize("beta", [0.0, 1.0, -0.1, 1.5, float("nan")])
def test_beta_outside_the_open_interval_is_an_input_error(beta):
    for function in (lambda b: ema([1.0], b), lambda b: ema_weights(b, 3), ema_reach):
        with pytest.raises(InputError, match="beta"):
            function(beta)


def test_a_window_is_a_whole_number():
    with pytest.raises(InputError, match="window"):
        simple_average([1.0], 0)
