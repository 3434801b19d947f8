"""The study of tuning budgets runs and redraws; it sees curves that cross, rankings that flip."""

import numpy as np
import pytest
import xarray as xr

from lab.statistics.intervals import Interval
from studies.budget_matters import __main__ as study
from studies.budget_matters import verdict


def test_smoke_and_redrawing(smoke):
    smoke(study)


def part(spread, middle=0.0, trials=16, seed=0):
    """Losses whose logarithms are normal; the test loss is the validation loss."""
    loss = np.exp(middle + spread * np.random.default_rng(seed).normal(size=(24, trials)))
    return xr.Dataset(dict.fromkeys(("validation", "test"), (("split", "trial"), loss)))


def test_the_best_of_one_is_the_mean_and_of_all_the_least():
    one = part(1.0)
    curve = verdict.best_of(one)
    np.testing.assert_allclose(curve[:, 0], np.log(one.test.values).mean(1))
    np.testing.assert_allclose(curve[:, -1], np.log(one.test.values).min(1))


def test_a_bold_space_overtakes_a_timid_one():
    own = {"bold": part(3.0, 1.5), "timid": part(0.3, seed=1)}
    (line,) = verdict.crossing_lines(own, [("bold", "timid")])
    assert "**held**" in line
    assert "the means cross at k = " in line
    (line,) = verdict.crossing_lines(own | {"worse": part(0.3, 2.0)}, [("worse", "timid")])
    assert "**did not hold**" in line
    assert "do not cross" in line


def test_rankings_flip_only_where_both_are_shown():
    own = {"SGD": part(0.1), "Adam": part(0.1, 0.5)}
    narrow = {"SGD": part(0.1, 1.0), "Adam": part(0.1, 0.5)}
    assert "**held**" in verdict.flip_lines(own, narrow, "Adam")[0]
    assert "**did not hold**" in verdict.flip_lines(own, own, "Adam")[0]
    same = {"SGD": part(0.1), "Adam": part(0.1, seed=1)}
    assert "**inconclusive**" in verdict.flip_lines(same, narrow, "Adam")[0]


def test_defaults_are_tried_against_as_many_trials():
    own = {"Adam, rate only": part(1.0), "SGD": part(1.0, seed=1)}
    default = {"Adam, rate only": part(0.1, -1.0, 1), "SGD": part(0.1, -1.1, 1)}
    *tuned, several = verdict.tuning_lines(own, default)
    assert len(tuned) == 2
    assert "Trying 2 optimizers" in several
    assert "**held**" in several


@pytest.mark.parametrize(
    ("x", "sign"), [((0.8, 0.7, 0.9), -1), ((1, 0.9, 1.1), 0), ((2, 1.5, 3), 1)]
)
def test_sides(x, sign):
    assert verdict.side(Interval(*map(np.asarray, x))) == sign


def test_plain_arms_search_the_rate_alone():
    for name in study.PLAIN:
        assert set(study.ARMS[name].space) == {"learning_rate"}
