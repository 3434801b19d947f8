"""The XOR study counts failures, and keeps them in its times."""

import numpy as np
import xarray as xr

from lab.statistics import TimeToTarget
from studies.xor.claims import _adam, _faster, _often


def done(*rows):
    return xr.DataArray(
        np.array(rows, bool), {"optimizer": ["sgd", "adam"][: len(rows)]}, ("optimizer", "seed")
    )


def test_failures_and_successes_are_shares_of_starts():
    nets = {"2-2-1 sigmoid": done([1] * 70 + [0] * 30), "2-4-1 sigmoid": done([1] * 200)}
    (fails,) = _often(nets, "2-2-1 sigmoid", "often fails", "textbooks")
    assert (fails.outcome, round(float(fails.interval.estimate), 9)) == ("held", 0.3)
    (succeeds,) = _often(nets, "2-4-1 sigmoid", "succeeds", "textbooks")
    assert (succeeds.outcome, succeeds.interval.estimate) == ("held", 1.0)
    assert not [*_often(nets, "2-8-1 ReLU", "succeeds", "textbooks")]


def test_failures_spend_the_whole_budget():
    hit = np.array([[True, True, True, False]])
    slow = TimeToTarget(np.array([[90.0, 95.0, 105.0, 100.0]]), np.ones((1, 4), bool))
    fast = TimeToTarget(np.array([[10.0, 12.0, 14.0, 1000.0]]), hit)
    both, within = _faster(["sgd"], fast, slow, done(hit[0]))
    assert (both.outcome, both.n) == ("held", 3)
    assert "mean difference -85 " in both.numbers
    assert (within.outcome, within.n) == ("inconclusive", 4)
    assert "75.0%" in within.numbers


def test_one_architecture_on_which_adam_is_less_sure_is_enough():
    claim = _adam({"a": done([1, 0] * 50, [1, 1] * 50), "b": done([1, 1] * 50, [1, 0] * 50)})
    np.testing.assert_allclose(claim.interval.estimate, [50, -50])
    assert claim.outcome == "did not hold"
