"""The XOR study runs and redraws; its verdict reads the right numbers."""

import numpy as np
import xarray as xr

from lab.statistics import TimeToTarget
from studies.xor import __main__ as study
from studies.xor.__main__ import verdict


def test_smoke_and_redrawing(smoke):
    smoke(study)


def test_verdict_follows_the_numbers():
    names = ["2-2-1 sigmoid", "2-4-1 sigmoid", "2-4-1 ReLU"]
    limits = [[[0.6, 0.7, 0.8]], [[0.97, 0.99, 1.0]], [[0.4, 0.5, 0.6]]]
    rates = xr.DataArray(
        limits,
        {"architecture": names, "optimizer": ["sgd"], "limit": ["low", "estimate", "high"]},
    )
    hit = np.array([True, True, True, False])
    slow = TimeToTarget(np.array([90.0, 95.0, 105.0, 100.0]), np.ones(4, bool))
    fast = TimeToTarget(np.array([10.0, 12.0, 14.0, 1000.0]), hit)
    reached = {n: {"sgd": fast if "ReLU" in n else slow} for n in names}
    page = verdict(rates, reached)
    assert "sgd: held; it fails in 30.0%" in page
    assert "sgd: held; it succeeds in 99.0%" in page
    assert "where both succeed (3 starts): held; mean difference -85" in page
    assert "whole budget: inconclusive" in page
