"""The study of feature scaling runs and redraws; its eigenvalues are those of the Hessian."""

import jax
import jax.numpy as jnp
import numpy as np

from lab import losses
from studies.feature_scaling import __main__ as study


def test_smoke_and_redrawing(smoke):
    assert "## Verdict" in (smoke(study) / "table.md").read_text()


def test_extremes_are_eigenvalues_of_the_linear_problem():
    x = np.random.default_rng(0).normal(3.0, [1.0, 10.0, 0.1], (50, 3))
    x = np.c_[x, np.zeros(50)]  # nothing is learnt from it
    design = np.c_[x[:, :3], np.ones(50)]

    def loss(w):
        return jnp.mean(losses.squared_error(design @ w, np.zeros(50))) / 2

    with jax.enable_x64(True):
        values = np.linalg.eigvalsh(jax.jit(jax.hessian(loss))(np.zeros(4)))
    np.testing.assert_allclose(study.extremes(x), values[[0, -1]], rtol=1e-6)
