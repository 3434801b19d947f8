"""Performance profiles by hand, and what must hold of any."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lab.statistics import performance_profile, performance_ratios, profile_score, ratios_to
from lab.validation.errors import InputError

TIMES = np.array([[10.0, 30.0, np.inf, np.inf], [20.0, 10.0, 5.0, np.inf]])
times = arrays(float, (3, 6), elements=st.one_of(st.floats(0.5, 1e4), st.just(np.inf)))


def test_by_hand():
    ratios = performance_ratios(TIMES)
    assert ratios.tolist() == [[1, 3, np.inf, np.inf], [2, 1, 1, np.inf]]
    assert performance_profile(ratios, [1, 2, 3, 1e9]).tolist() == [
        [0.25, 0.25, 0.5, 0.5],
        [0.5, 0.75, 0.75, 0.75],
    ]
    np.testing.assert_allclose(profile_score(ratios), [(3 + 1) / 12, (2 + 3 + 3) / 12])
    assert ratios_to(TIMES, 0).tolist() == [[1, 1, np.inf, np.inf], [2, 1 / 3, 0, np.inf]]


@given(times)
def test_the_score_is_the_area_under_the_profile(found):
    ratios = performance_ratios(found)
    at = np.linspace(1, 4, 30_001)
    area = np.trapezoid(performance_profile(ratios, at), at) / 3
    np.testing.assert_allclose(profile_score(ratios), area, atol=2e-4)


@given(times, st.floats(1e-3, 1e3))
def test_units_do_not_matter_and_somebody_is_fastest(found, unit):
    ratios = performance_ratios(found)
    np.testing.assert_allclose(performance_ratios(found * unit), ratios)
    hit = np.isfinite(found).any(0)
    assert (ratios.min(0)[hit] == 1).all()
    assert np.isposinf(ratios[:, ~hit]).all()


def test_a_competitor_moves_the_profile_but_not_the_ratios_to_a_reference():
    """The first two change places when a third method joins."""
    two = np.array([[1.0, 2.0], [3.0, 1.0]])
    three = np.concatenate([two, [[0.3, 9.0]]])
    before, after = (profile_score(performance_ratios(t)) for t in (two, three))
    assert before[0] > before[1]
    assert after[0] < after[1]
    np.testing.assert_array_equal(ratios_to(three, 0)[:2], ratios_to(two, 0))


def test_reached_at_once_is_the_fastest_there_is():
    assert performance_ratios([[0.0, 0.0], [0.0, 5.0]]).tolist() == [[1, 1], [1, np.inf]]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: performance_ratios([1.0, 2.0]), "task"),
        (lambda: performance_ratios([[np.nan, 1.0]]), "NaN"),
        (lambda: ratios_to(TIMES, 2), "reference"),
        (lambda: profile_score([0.5]), "at least 1"),
        (lambda: profile_score([1.0], r_max=1.0), "r_max"),
    ],
)
def test_refusals_name_what_is_wrong(call, words):
    with pytest.raises(InputError, match=words):
        call()
