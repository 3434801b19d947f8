"""Learning-rate sensitivity on curves whose basin is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lab.statistics import basin_width, median_loss, rate_sensitivity
from lab.validation.errors import InputError

RATES = np.logspace(-4, 0, 401)
BOWL = (np.log10(RATES) + 2) ** 2  # f* = 0 at 1e-2


@pytest.mark.parametrize("epsilon", [0.01, 0.25, 1.0])
def test_a_bowl_is_twice_the_root_wide(epsilon):
    found = rate_sensitivity(BOWL[:, None], RATES, epsilon, 9.0)
    assert found.width == pytest.approx(2 * np.sqrt(epsilon), abs=1e-3)
    assert found.best_rate == pytest.approx(1e-2)
    assert not found.cut
    assert found.edge == 1.0
    assert found.excess == pytest.approx(2 * 2**3 / 3 / 4, abs=1e-3)  # mean of x² on [−2, 2]


def test_no_rate_is_worse_than_not_training():
    found = rate_sensitivity(BOWL[:, None], RATES, 0.1, 1.0)
    assert found.excess == pytest.approx((2 / 3 + 2) / 4, abs=1e-3)  # x² up to 1, then 1
    worse = rate_sensitivity(BOWL[:, None] + 5, RATES, 0.1, 1.0)
    assert worse.excess == 0


def test_by_hand():
    rates = [0.001, 0.01, 0.1, 1.0]
    losses = [[2.0, 2.0, 2.0], [1.0, 1.0, 1.5], [1.2, 1.2, np.inf], [np.inf, np.nan, 1.0]]
    found = rate_sensitivity(losses, rates, 0.5, 3.0)
    assert found.best == 1
    assert found.best_rate == 0.01
    assert found.edge == 0.1
    assert found.width == pytest.approx(0.5 + 1)  # half of the first decade, all of the second
    # trapezoids of 1, 0, .2, 2 over three decades
    assert found.excess == pytest.approx((0.5 + 0.1 + 1.1) / 3)


def test_two_basins_are_added():
    assert basin_width([0.0, 1.0, 0.0], [0.01, 0.1, 1.0], 0.25) == pytest.approx(0.5)


def test_a_basin_at_the_end_of_the_grid_says_so():
    assert rate_sensitivity([[1.0], [2.0]], [0.1, 1.0], 0.5, 3.0).cut


def test_where_all_diverge_nothing_is_wide():
    found = rate_sensitivity(np.full((3, 4), np.inf), [0.1, 1.0, 10.0], 0.5, 3.0)
    assert found.width == 0
    assert found.edge == 0
    assert found.excess == 0
    assert found.best == np.inf


@given(arrays(float, (2, 5, 3), elements=st.one_of(st.floats(0, 9), st.just(np.inf))))
def test_rows_are_independent_and_width_grows_with_epsilon(losses):
    rates = 10.0 ** np.arange(5)
    narrow, wide = (rate_sensitivity(losses, rates, e, 5.0) for e in (0.1, 2.0))
    assert (narrow.width <= wide.width + 1e-12).all()
    assert (wide.width <= 4 + 1e-12).all()
    assert (narrow.excess >= -1e-12).all()
    alone = rate_sensitivity(losses[1], rates, 0.1, 5.0)
    np.testing.assert_allclose([x[1] for x in narrow], alone)


def test_half_of_the_runs_decide_the_median():
    assert median_loss([[1.0, np.inf], [np.inf, 1.0]]).tolist() == [np.inf, np.inf]
    assert median_loss([1.0, np.nan, 3.0]) == 3
    assert median_loss([1.0, 2.0]) == 1.5


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((np.ones((2, 1)), [1.0, 0.1], 0.1, 1.0), "ascending"),
        ((np.ones((2, 1)), [0.0, 0.1], 0.1, 1.0), "positive"),
        ((np.ones((3, 1)), [0.1, 1.0], 0.1, 1.0), "2 rates"),
        ((np.ones((2, 1)), [0.1, 1.0], -0.1, 1.0), "epsilon"),
    ],
)
def test_refusals_name_what_is_wrong(arguments, words):
    with pytest.raises(InputError, match=words):
        rate_sensitivity(*arguments)
