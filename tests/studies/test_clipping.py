"""Spikes, cliffs and ranges of the study of clipping are counted as said."""

import numpy as np
import pytest
import xarray as xr

from studies.clipping import claims
from studies.clipping.runs import Clipping, example

PARABOLA = example(Clipping())


def test_one_minus_ten_is_minus_nine():
    record = PARABOLA.isel(update=slice(5))
    paths = {name: record.w.sel(clip=name).values for name in record["clip"].values.tolist()}
    np.testing.assert_allclose(paths["none"], (-9.0) ** np.arange(5))
    for name in ("by value", "per leaf", "global norm"):
        np.testing.assert_allclose(paths[name], [1, 0.9, 0.8, 0.7, 0.6])
    np.testing.assert_allclose(paths["adaptive"], 0.99 ** np.arange(5))


def test_clipping_does_not_cure_the_rate():
    small, cures = claims._parabola(PARABOLA.w)
    assert (small.outcome, cures.outcome) == ("held", "did not hold")


@pytest.mark.parametrize(
    ("high", "count"), [((), 0), ((30,), 1), ((30, 31), 1), ((30, 32), 2), ((5,), 0), ((20,), 1)]
)
def test_spikes_are_stretches_above_the_running_median(high, count):
    loss = np.ones(60)
    loss[list(high)] = 10
    assert claims.spikes(loss, -1) == count


def test_spikes_end_with_the_run():
    loss = np.ones(60)
    loss[40] = 10
    assert claims.spikes(loss, 41) == 1
    assert claims.spikes(loss, 40) == claims.spikes(loss, 5) == 0


def _part(good, norms=None):
    good = np.asarray(good, float)  # [rate, seed]
    ones = np.ones((*good.shape, 50))
    return xr.Dataset(
        {
            "progress": (("learning_rate", "seed"), good),
            "diverged_at": (("learning_rate", "seed"), np.where(good > 0, -1, 30)),
            "loss": (("learning_rate", "seed", "update"), ones),
            "norm": (("learning_rate", "seed", "update"), ones if norms is None else norms),
            "tuned_rate": ((), 0.1),
            "threshold": ((), 1.0),
        },
        {"learning_rate": [0.1, 1.0, 10.0], "seed": np.arange(good.shape[1])},
    )


def test_a_wider_range_is_said_to_be_wider():
    plain = _part([[1] * 4, [0] * 4, [0] * 4])
    wide = _part([[1] * 4, [1] * 4, [1, 1, 1, 0]])
    over = {"n": 4, "unit": "seeds"}
    nets = {"recurrent": {"none": plain, "global norm": wide}}
    (cliffs,) = claims._cliffs(nets, over)
    assert cliffs.outcome == "did not hold"  # a flat gradient norm has none
    trains, survives, spikes, _ = claims._gains(nets, over)
    assert trains.outcome == survives.outcome == "held"
    assert "by +1.75" in trains.numbers
    assert "by +1.75" in survives.numbers
    assert spikes.outcome == "inconclusive"  # there are none to be fewer than


def test_steepness_is_the_largest_norm_over_the_median():
    norms = np.ones((3, 4, 50))
    norms[0, :, 7] = 100.0
    part = _part([[1] * 4, [0] * 4, [0] * 4], norms)
    np.testing.assert_allclose(np.exp(claims.steepness(part, 0)), 100.0)
    np.testing.assert_allclose(np.exp(claims.steepness(part, 2)), 1.0)
