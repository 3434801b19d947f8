"""The fits of the study of losses are the known ones, and its claims follow from distances."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import linprog

from lab.study.folder import opened
from studies.losses.__main__ import STUDY
from studies.losses.claims import by_hand, claims
from studies.losses.runs import Losses, draw_sets, fit_line, fitted

ONE = Losses(seeds=1, steps=1500)
FITTED = fitted(ONE)


@pytest.fixture(scope="module")
def rows():
    x, y, _ = draw_sets(ONE, 0.1)
    return x[0], y[0]


def test_squared_loss_is_least_squares(rows):
    np.testing.assert_allclose(
        fit_line(ONE, FITTED["MSE"], *rows), np.polyfit(*rows, 1)[::-1], atol=1e-4
    )


def test_absolute_loss_is_its_linear_program(rows):
    """Minimize Σ u with u ≥ ±(y − a − bx)."""
    x, y = (part.astype(float) for part in rows)
    design, n = np.stack([np.ones_like(x), x], 1), len(x)
    bounds = np.block([[design, -np.eye(n)], [-design, -np.eye(n)]])
    free = [(None, None)] * 2 + [(0, None)] * n
    best = linprog(np.r_[0, 0, np.ones(n)], bounds, np.r_[y, -y], bounds=free).x[:2]
    found = np.asarray(fit_line(ONE, FITTED["MAE"], *rows))
    costs = [np.abs(design @ line - y).mean() for line in (found, best)]
    assert costs[0] == pytest.approx(costs[1], rel=1e-4)


def test_huber_balances_clipped_errors(rows):
    x, y = rows
    a, b = np.asarray(fit_line(ONE, FITTED["Huber"], x, y))
    clipped = np.clip(a + b * x - y, -1, 1)
    assert abs(clipped.mean()) < 1e-4
    assert abs((clipped * x).mean()) < 1e-4


def test_printed_examples():
    shown = {row[0]: row[1] for row in by_hand()}
    assert list(shown.values()) == ["3.36", "2.303, 0.916, 1.609", "225"]


def test_another_set_of_seeds_draws_other_rows():
    assert (draw_sets(ONE, 0.1)[0] != draw_sets(replace(ONE, fresh=1), 0.1)[0]).all()


def test_outliers_pull_the_mse_line_most_even_when_tiny(smoke):
    record, _ = opened(smoke("losses"), STUDY)
    found = {claim.name: claim for claim in claims(record)}
    assert (found["outliers_pull_mse"].interval.estimate < 0).all()
    assert found["outliers_pull_mse"].interval.estimate.shape == (8,)
