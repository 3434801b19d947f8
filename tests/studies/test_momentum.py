"""The momentum study runs and redraws itself; its noisy quadratic is the tested recurrence."""

import numpy as np
import pytest

from lab.protocol.races import updates_to
from lab.tasks.quadratics import Quadratic
from studies.momentum import __main__ as study
from studies.momentum import noisy_quadratic as noisy
from studies.momentum.__main__ import contraction
from tests.tasks.noisy_quadratics import risk


def test_smoke_and_redrawing(smoke):
    smoke(study)


def test_runs_contract_as_theory_says():
    record = contraction((25.0,))
    np.testing.assert_allclose(record.radius, record.theory, atol=1e-8)
    error = np.abs(np.log(record.fitted) / np.log(record.theory) - 1).isel(condition=0)
    assert float(error.sel(rule="gradient descent")) < 0.01
    assert float(error.max()) < 0.05


@pytest.mark.parametrize(("momentum", "rate", "batch"), [(0.0, 0.5, 64.0), (0.9, 0.05, 256.0)])
def test_the_search_for_the_target_finds_what_the_recurrence_says(momentum, rate, batch):
    h = 1 / np.arange(1, noisy.DIMENSION + 1)
    (found,) = noisy._first_below(h, np.array([rate]), momentum, np.array([1 / batch]))
    model = Quadratic(tuple(h))
    losses = risk(model, np.ones(len(h)), 2000, rate, momentum, batch)
    assert found == np.argmax(losses <= noisy.TARGET * losses[0])


def test_updates_to_counts_from_when_it_stays_there():
    heights = np.array([[1, 1e-4, 1, 1e-4, 1e-4], [1, 1, 1, 1, 1], [1, 1e-9, 0, 0, 0]])
    assert updates_to(heights).tolist() == [3, np.inf, 1]
