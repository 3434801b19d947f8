"""The study of one change at a time finds interactions where they are."""

import numpy as np
import xarray as xr

from studies.one_at_a_time.claims import found, interaction, of_pairs, random_subset
from studies.one_at_a_time.runs import OneAtATime

RATES, MOMENTA = [0.01, 0.1, 1.0], [0.0, 0.9, 0.99]


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
    assert found(RIDGE, AT) == ((1, 1), (1, 1), (0, 2))
    jointly, at_random = of_pairs([RIDGE], AT, {"n": 8, "unit": "seeds", "low": 0})
    assert jointly.outcome == "held"
    assert "5 of 9" in at_random.where


def test_what_adds_up_in_logarithms_has_no_interaction():
    added = np.outer([1.0, 2.0, 5.0], [1.0, 3.0, 4.0])[..., None]
    np.testing.assert_allclose(interaction(added), 0, atol=1e-12)
    assert (interaction(RIDGE.test.values) > 0.5).all()
    chosen = found(pair(added[..., 0]), AT)
    assert chosen.crossed == chosen.joint == (0, 0)


def test_all_cells_at_random_find_the_joint_best():
    np.testing.assert_allclose(random_subset(RIDGE, 9), RIDGE.test.values[0, 2])
    assert (random_subset(RIDGE, 2) > RIDGE.test.values[0, 2]).all()


def test_the_baseline_is_among_the_values():
    assert all(at in values for _, at, values in OneAtATime().varied)
