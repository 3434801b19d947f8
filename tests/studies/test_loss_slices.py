"""The study of slices reads sharpness and truth as it says."""

import jax
import numpy as np
import xarray as xr

from lab.data.streams import init_key
from studies.loss_slices.claims import STEP, factors, sharpness
from studies.loss_slices.settings import LossSlices, network
from studies.loss_slices.slicing import twin


def test_a_rescaled_twin_is_the_same_function():
    s = LossSlices()
    task, _, loss = network(s)
    params = task.problem.init(init_key(0), task.hypers).params
    rows = {k: v[:64] for k, v in task.source.prepare(0).rows.items()}
    params = jax.tree.map(lambda w: w + 0.05, params)  # biases that count
    other = twin(s, params)
    np.testing.assert_allclose(loss(params, rows), loss(other, rows), rtol=1e-5)
    assert not np.allclose(params["output"]["kernel"], other["output"]["kernel"])


def test_factors_and_sharpness():
    shown = xr.DataArray([[[1.0, 2.0, 0.5]]], dims=("seed", "plane", "point"))
    arm = xr.Dataset({"shown": shown, "true": (("seed", "point"), np.ones((1, 3)))})
    np.testing.assert_allclose(np.exp(factors(arm).values), [[2 ** (2 / 3)]])
    reach = np.linspace(-1, 1, LossSlices().reach)
    along = np.exp(1.0) * reach**2 / STEP**2 + 0.1  # rises by e at the step
    arm = xr.Dataset(
        {"line": (("seed", "place", "kind", "reach"), along[None, None, None])},
        {"place": ["end"], "kind": ["raw"], "reach": reach},
    )
    np.testing.assert_allclose(sharpness(arm, "end", "raw"), [1.0])
