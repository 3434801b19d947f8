"""The study of losses runs and redraws; its fits are the known ones."""

import numpy as np
import pytest
from scipy.optimize import linprog

from studies.losses import __main__ as study
from studies.losses.__main__ import FITTED, by_hand, draw_sets, fit_line


def test_smoke_and_redrawing(smoke):
    assert "Verdict" in (smoke(study) / "table.md").read_text()


@pytest.fixture(scope="module")
def rows():
    x, y, _ = draw_sets(1, 0.1)
    return x[0], y[0]


def test_squared_loss_is_least_squares(rows):
    np.testing.assert_allclose(
        fit_line(FITTED["MSE"], *rows, 1500), np.polyfit(*rows, 1)[::-1], atol=1e-4
    )


def test_absolute_loss_is_its_linear_program(rows):
    """Minimize Σ u with u ≥ ±(y − a − bx)."""
    x, y = (part.astype(float) for part in rows)
    design, n = np.stack([np.ones_like(x), x], 1), len(x)
    bounds = np.block([[design, -np.eye(n)], [-design, -np.eye(n)]])
    free = [(None, None)] * 2 + [(0, None)] * n
    best = linprog(np.r_[0, 0, np.ones(n)], bounds, np.r_[y, -y], bounds=free).x[:2]
    found = np.asarray(fit_line(FITTED["MAE"], *rows, 1500))
    costs = [np.abs(design @ line - y).mean() for line in (found, best)]
    assert costs[0] == pytest.approx(costs[1], rel=1e-4)


def test_huber_balances_clipped_errors(rows):
    x, y = rows
    a, b = np.asarray(fit_line(FITTED["Huber"], x, y, 1500))
    clipped = np.clip(a + b * x - y, -1, 1)
    assert abs(clipped.mean()) < 1e-4
    assert abs((clipped * x).mean()) < 1e-4


def test_printed_examples():
    shown = {row[0]: row[1] for row in by_hand()}
    assert list(shown.values()) == ["3.36", "2.303, 0.916, 1.609", "225"]
