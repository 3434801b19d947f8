"""Of momentum: theory, the noisy quadratic as the tested recurrence, and races by starts."""

import numpy as np
import pytest

from lab.protocol.races import sooner, updates_to
from lab.tasks.quadratics import Quadratic
from studies.momentum.noisy_quadratic import first_below
from studies.momentum.runs import contraction
from tests.tasks.noisy_quadratics import risk


def test_runs_contract_as_theory_says():
    record = contraction((25.0,))
    np.testing.assert_allclose(record.radius, record.theory, atol=1e-8)
    error = np.abs(np.log(record.fitted) / np.log(record.theory) - 1).isel(condition=0)
    assert float(error.sel(rule="gradient descent")) < 0.01
    assert float(error.max()) < 0.05


@pytest.mark.parametrize(("momentum", "rate", "batch"), [(0.0, 0.5, 64.0), (0.9, 0.05, 256.0)])
def test_the_search_for_the_target_finds_what_the_recurrence_says(momentum, rate, batch):
    h = 1 / np.arange(1, 101)
    (found,) = first_below(h, np.array([rate]), momentum, np.array([1 / batch]), 0.01, 20_000)
    losses = risk(Quadratic(tuple(h)), np.ones(len(h)), 2000, rate, momentum, batch)
    assert found == np.argmax(losses <= 0.01 * losses[0])


def test_updates_to_counts_from_when_it_stays_there():
    heights = np.array([[1, 1e-4, 1, 1e-4, 1e-4], [1, 1, 1, 1, 1], [1, 1e-9, 0, 0, 0]])
    assert updates_to(heights).tolist() == [3, np.inf, 1]


def test_sooner_is_the_sign_test_with_holms_steps():
    a = np.array([[1.0] * 100, [1] * 63 + [2] * 37, [np.inf] * 100])
    b = np.array([[2.0] * 100, [2] * 63 + [1] * 37, [np.inf] * 100])
    found = sooner(a, b)
    np.testing.assert_allclose(found.estimate, [1, 0.63, 0.5])
    # levels 1 - .05/3 and 1 - .05/2 by scipy's binomtest; who never arrives tells nothing
    np.testing.assert_allclose(found.low, [0.9532, 0.5136, 0], atol=2e-3)
    np.testing.assert_allclose(found.high, [1, 0.7365, 1], atol=2e-3)
