"""The speed study runs, counts its operations as documented, and judges as documented."""

import itertools

import numpy as np
import pytest
import xarray as xr

from studies.speed import __main__ as study
from studies.speed import checkpoints, updates, widths
from studies.speed.cases import Case


def test_smoke_and_redrawing(smoke):
    table = (smoke(study) / "table.md").read_text()
    assert "lab.sweep" in table
    assert "as fast as optax" in table


def test_flops_are_the_executed_products():
    parameters = 64 * 128 + 128 * 128 + 128 * 10
    assert Case(64, 128, 64).flops == 6 * 64 * parameters - 2 * 64 * 64 * 128


@pytest.mark.parametrize(
    ("mine", "control", "begins"),
    [
        ([0.9, 1.0, 1.1], [0.99, 1.01], "as fast as optax: "),
        ([0.9, 1.0, 1.3], [0.7, 1.4], "as fast as optax within the control"),
        ([0.9, 1.0, 1.3], [0.99, 1.01], "not as fast"),
        ([1.1, 1.1, 1.1], [0.99, 1.01], "not as fast"),
    ],
)
def test_the_verdict_on_updates(mine, control, begins):
    assert updates.verdict(np.array(mine), np.array(control)).startswith(begins)


@pytest.mark.parametrize(
    ("wall", "own", "begins"),
    [
        ([0.01, 0.02], [0.03, 0.03], "checkpoints cost less than 5%"),
        ([0.01, 0.02], [0.06, 0.06], "inconclusive"),
        ([0.09, 0.07], [0.06, 0.06], "checkpoints cost 5% or more"),
    ],
)
def test_the_verdict_on_checkpoints(wall, own, begins):
    assert checkpoints.verdict(np.array(wall), np.array(own)).startswith(begins)


def test_sizes_are_what_they_are_called():
    def count(widths):
        return sum((m + 1) * n for m, n in itertools.pairwise(widths))

    assert [round(count(w), -3) for w in updates.SIZES.values()] == [26000, 9967000]


def test_a_group_holds_the_most_lanes_that_are_about_as_fast_as_any():
    rate = [[80, 98, 100, 99, 50, 99], [100, 98, 90, 80, 70, 60], [50, 90, 94, 96, 100, 90]]
    record = xr.Dataset(
        {
            "rate": (("net", "width", "round"), np.array(rate, float)[..., None]),
            "state": ("net", [100, 400, 900]),
        },
        {"net": ["small", "middling", "large"], "width": [2, 4, 8, 16, 32, 64]},
        {"kind": "cpu"},
    )
    assert widths.chosen(record) == [(200, 16), (float("inf"), 4)]
    assert widths.chosen(record.assign_attrs(kind="gpu")) == [(200, 64), (float("inf"), 4)]
