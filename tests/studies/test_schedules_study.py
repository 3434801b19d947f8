"""Of schedules: best and largest rates are found, and a warm-up rises to its rate."""

import numpy as np
import pytest
import xarray as xr

from studies.schedules.rates import best_rate, limits
from studies.schedules.runs import warmup


@pytest.mark.parametrize("best", [0.01, 0.013, 0.03])
def test_the_best_rate_is_the_vertex_of_a_parabola(best):
    rates = np.geomspace(1e-3, 0.1, 17)
    losses = np.exp(np.log(rates / best) ** 2)[:, None] * np.ones(3)
    np.testing.assert_allclose(best_rate(losses, rates), best, rtol=1e-6)


def test_a_best_rate_at_the_end_is_that_end():
    rates = np.geomspace(1e-3, 0.1, 5)
    assert best_rate(rates[:, None] + np.zeros(2), rates) == rates[0]


def test_usable_rates_end_at_the_first_that_fails():
    final = np.array([[0.1, 0.2], [0.1, np.inf], [2.0, 2.0], [0.1, 0.1]])
    loss = np.stack([np.full_like(final, 2.0), final], -1)
    record = xr.Dataset(
        {
            "validation_loss": (
                ("optimizer", "schedule", "learning_rate", "seed", "step"),
                loss[None, None],
            )
        },
        {"learning_rate": [1.0, 2.0, 4.0, 8.0], "updates": ("step", [0, 100])},
    )
    assert limits(record, [0]).usable.estimate == [2.0]


def test_a_warm_up_rises_to_the_rate_and_stays():
    schedule = warmup(10).over(1.0, 100)
    np.testing.assert_allclose(
        [schedule(t) for t in (0, 5, 10, 99)], [0.01, 0.505, 1, 1], rtol=1e-5
    )
    assert float(warmup(0).over(1.0, 100)(0)) == 1.0
