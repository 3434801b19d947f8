"""Eigenvalues are those of the Hessian, and a target that is never reached is no time."""

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from lab import losses
from lab.study import Record
from studies.feature_scaling.claims import measured
from studies.feature_scaling.runs import FeatureScaling, extremes


def test_extremes_are_eigenvalues_of_the_linear_problem():
    x = np.random.default_rng(0).normal(3.0, [1.0, 10.0, 0.1], (50, 3))
    x = np.c_[x, np.zeros(50)]  # nothing is learnt from it
    design = np.c_[x[:, :3], np.ones(50)]

    def loss(w):
        return jnp.mean(losses.squared_error(design @ w, np.zeros(50))) / 2

    with jax.enable_x64(True):
        values = np.linalg.eigvalsh(jax.jit(jax.hessian(loss))(np.zeros(4)))
    np.testing.assert_allclose(extremes(x), values[[0, -1]], rtol=1e-6)


def test_times_are_those_of_the_rate_quickest_elsewhere_and_infinite_if_never():
    accuracy = np.full((2, 3, 3), 0.5)  # [rates, splits, steps]
    accuracy[0, :, 1:] = 0.95
    accuracy[1, 0] = 0.95  # quickest on the first split, and nowhere else
    accuracy[0, 2] = 0.5
    dims = ("optimizer", "scaling", "rate", "split", "step")
    runs = xr.Dataset(
        {"accuracy": (dims, accuracy[None, None])},
        {"optimizer": ["sgd"], "scaling": ["none"], "rate": [0.1, 1.0]},
    ).assign_coords(updates=("step", [0, 10, 20]))
    found = measured(Record(FeatureScaling(), {"toy_runs": runs}), "toy", "sgd", "none")
    assert found.updates.tolist() == [10, np.inf, np.inf]
    np.testing.assert_allclose(10**found.within, [10, 20, 20])
    assert found.decades.tolist() == [2, 1, 0]
