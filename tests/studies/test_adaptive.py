"""Of adaptive rates: uncorrected Adam is what it says, and AdaGrad's rate falls like 1/√t."""

import jax.numpy as jnp
import numpy as np
import pytest

from studies.adaptive.runs import correction, dying, uncorrected_adam


def test_steps_of_adam_on_a_constant_gradient_are_those_of_the_formula():
    record, t = correction(50), np.arange(1, 51)
    np.testing.assert_allclose(record.length.sel(rule="corrected"), 1, rtol=1e-4)
    expected = (1 - 0.9**t) / np.sqrt(1 - 0.999**t)
    np.testing.assert_allclose(record.length.sel(rule="uncorrected"), expected, rtol=1e-4)


def test_the_first_uncorrected_step():
    rule = uncorrected_adam(0.1)
    update, _ = rule.update(jnp.full(2, -3.0), rule.init(jnp.zeros(2)))
    np.testing.assert_allclose(update, 0.1 * 0.1 / np.sqrt(0.001), rtol=1e-5)


def test_what_adagrad_has_left_falls_like_one_over_the_root():
    left = dying(range(8), 400, 0.99).left.median("seed")
    assert float(left.sel(optimizer="AdaGrad").isel(step=-1)) == pytest.approx(1 / 20, rel=0.15)
    late = left.sel(optimizer="RMSProp").isel(step=slice(300, None)).median()
    assert float(late) == pytest.approx(1, rel=0.15)
