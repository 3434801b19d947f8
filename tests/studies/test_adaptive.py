"""The study of adaptive rates runs and redraws itself; its uncorrected Adam is what it says."""

import jax.numpy as jnp
import numpy as np
import pytest

from studies.adaptive import __main__ as study
from studies.adaptive.__main__ import correction, dying, uncorrected_adam


def test_smoke_and_redrawing(smoke):
    smoke(study)


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
    left = dying(400, 8).left.median("seed")
    assert float(left.sel(optimizer="AdaGrad").isel(step=-1)) == pytest.approx(1 / 20, rel=0.15)
    assert float(
        left.sel(optimizer="RMSProp").isel(step=slice(300, None)).median()
    ) == pytest.approx(1, rel=0.15)
