"""The study of clipping runs and redraws itself; spikes, cliffs and ranges are counted as said."""

import numpy as np
import pytest
import xarray as xr

from studies.clipping import __main__ as study
from studies.clipping import runs, verdict


def test_smoke_redrawing_and_resuming(smoke, monkeypatch):
    folder = smoke(study)
    monkeypatch.setattr(runs.lab, "sweep", None)  # what is finished is not trained again
    monkeypatch.setattr(study.report, "draw", lambda record, folder: drawn.append(record))
    drawn: list[xr.DataTree] = []
    study.run(study.Clipping(smoke=True, resume=folder))
    assert set(drawn[0].children) == {"example", "recurrent"}


def test_one_minus_ten_is_minus_nine():
    record = runs.example(4)
    paths = {name: record.w.sel(clip=name).values for name in record["clip"].values.tolist()}
    np.testing.assert_allclose(paths["none"], (-9.0) ** np.arange(5))
    for name in ("by value", "per leaf", "global norm"):
        np.testing.assert_allclose(paths[name], [1, 0.9, 0.8, 0.7, 0.6])
    np.testing.assert_allclose(paths["adaptive"], 0.99 ** np.arange(5))


def test_clipping_does_not_cure_the_rate():
    assert "cures a rate that is too large*: **did not hold**" in verdict.example_line(
        runs.example()
    )


@pytest.mark.parametrize(
    ("high", "count"), [((), 0), ((30,), 1), ((30, 31), 1), ((30, 32), 2), ((5,), 0), ((20,), 1)]
)
def test_spikes_are_stretches_above_the_running_median(high, count):
    loss = np.ones(60)
    loss[list(high)] = 10
    assert verdict.spikes(loss, -1) == count


def test_spikes_end_with_the_run():
    loss = np.ones(60)
    loss[40] = 10
    assert verdict.spikes(loss, 41) == 1
    assert verdict.spikes(loss, 40) == verdict.spikes(loss, 5) == 0


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
    cliffs, *lines = verdict.net_lines("net", {"none": plain, "global norm": wide})
    assert "**did not hold**" in cliffs  # a flat gradient norm has none
    assert "rates that train* **held**, by +1.75" in lines[0]
    assert "do not diverge* **held**, by +1.75" in lines[0]
    assert "spikes* at 0.1 **did not hold**" in lines[0]


def test_steepness_is_the_largest_norm_over_the_median():
    norms = np.ones((3, 4, 50))
    norms[0, :, 7] = 100.0
    part = _part([[1] * 4, [0] * 4, [0] * 4], norms)
    np.testing.assert_allclose(np.exp(verdict.steepness(part, 0.1)), 100.0)
    np.testing.assert_allclose(np.exp(verdict.steepness(part, 10.0)), 1.0)
