"""What keeping a decay costs is counted rightly, and only kernels decay."""

import jax
import numpy as np
import pytest
import xarray as xr

from studies.weight_decay.claims import price
from studies.weight_decay.runs import chosen, decoupled


@pytest.mark.parametrize(("along", "other"), [(0, -1), (-1, 0)])
def test_what_is_right_for_every_rate_costs_nothing(along, other):
    rates, decays = np.meshgrid(np.arange(5.0), np.arange(7.0), indexing="ij")
    loss = (decays - 3 - along * (rates - 2)) ** 2 + 0.1 * (rates - 2) ** 2
    assert price(loss, along) == 0
    np.testing.assert_allclose(price(loss, other), np.mean([4, 1, 1, 4]))


def test_rate_and_decay_are_those_of_the_least_mean():
    loss = np.ones((2, 3, 2))
    loss[1, 2] = [0.0, 0.5]
    loss[0, 0] = [-0.5, 1.5]  # the least on one split only
    grid = xr.DataArray(
        loss, dims=("rate", "decay", "split"), coords={"rate": [0.1, 0.2], "decay": [0.0, 1.0, 2.0]}
    )
    assert chosen(grid) == (0.2, 2.0)


def test_only_kernels_decay():
    params = {"kernel": np.ones((2, 3), np.float32), "bias": np.ones(3, np.float32)}
    rule = decoupled(0.1, 0.5)
    zero = jax.tree.map(np.zeros_like, params)
    update = jax.jit(lambda: rule.update(zero, rule.init(params), params)[0])()
    np.testing.assert_allclose(update["kernel"], -0.05)
    np.testing.assert_array_equal(update["bias"], 0)
