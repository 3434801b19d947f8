"""The study of one change at a time runs and redraws; it finds interactions where they are."""

import numpy as np
import xarray as xr

from studies.one_at_a_time import __main__ as study
from studies.one_at_a_time import verdict

RATES, MOMENTA = [0.01, 0.1, 1.0], [0.0, 0.9, 0.99]


def test_smoke_and_redrawing(smoke):
    smoke(study)


def pair(loss):
    """A grid whose losses are those of every seed, but for a little noise."""
    rng = np.random.default_rng(0)
    noise = rng.uniform(1.0, 1.01, (3, 3, 8))
    values = np.asarray(loss)[..., None] * noise
    dims = ("learning_rate", "momentum")
    return xr.Dataset(
        {"validation": ((*dims, "tuning"), values[..., :2]), "test": ((*dims, "seed"), values)},
        {"learning_rate": RATES, "momentum": MOMENTA},
    )


RIDGE = pair([[9.0, 3.0, 1.0], [4.0, 2.0, 8.0], [1.5, 7.0, 9.0]])  # rate × 1 / (1 − momentum)
AT = {"learning_rate": 0.1, "momentum": 0.9}


def test_a_ridge_is_missed_one_at_a_time():
    assert verdict.found(RIDGE, AT) == ((1, 1), (1, 1), (0, 2))
    first, second = verdict.pair_lines([RIDGE], AT)
    assert "together beat each by itself*: **held**" in first
    assert "5 of 9" in second


def test_what_adds_up_in_logarithms_has_no_interaction():
    added = np.outer([1.0, 2.0, 5.0], [1.0, 3.0, 4.0])[..., None]
    np.testing.assert_allclose(verdict.interaction(added), 0, atol=1e-12)
    assert (verdict.interaction(RIDGE.test.values) > 0.5).all()
    chosen = verdict.found(pair(added[..., 0]), {"learning_rate": 0.1, "momentum": 0.9})
    assert chosen.crossed == chosen.joint == (0, 0)


def test_all_cells_at_random_find_the_joint_best():
    np.testing.assert_allclose(verdict.random_subset(RIDGE, 9), RIDGE.test.values[0, 2])
    assert (verdict.random_subset(RIDGE, 2) > RIDGE.test.values[0, 2]).all()


def test_the_baseline_is_among_the_values():
    for name, values in study.VALUES.items():
        assert study.BASELINE[name] in values
