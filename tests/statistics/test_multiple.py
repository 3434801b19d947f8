"""Holm's correction against closed testing, and the number of pairs it needs."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.statistics import holm, seeds_needed
from lab.validation.errors import InputError


@given(st.integers(1, 200), st.sampled_from([0.9, 0.95, 0.99]))
def test_seeds_needed_is_the_least_number(comparisons, level):
    n = seeds_needed(comparisons, level)
    assert comparisons * 2.0 ** (1 - n) <= (1 - level) * (1 + 1e-9)
    assert comparisons * 2.0 ** (2 - n) > (1 - level) * (1 - 1e-9)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_holm_is_closed_testing_with_bonferroni(p):
    """A hypothesis falls when every set of hypotheses that holds it does."""
    indices = range(len(p))
    sets = [c for size in range(1, len(p) + 1) for c in combinations(indices, size)]
    expected = [max(min(1, len(c) * min(p[j] for j in c)) for c in sets if i in c) for i in indices]
    np.testing.assert_allclose(holm(p), expected)


def test_holm_keeps_other_axes():
    rows = np.array([[0.01, 0.04, 0.03], [0.5, 0.2, 0.9]])
    np.testing.assert_array_equal(holm(rows), [holm(row) for row in rows])


@pytest.mark.parametrize("p", [1.1, -0.1, np.nan])
def test_what_is_no_probability_is_refused(p):
    with pytest.raises(InputError, match="p-values"):
        holm([0.5, p])


def test_at_least_one_comparison():
    with pytest.raises(InputError, match="comparisons"):
        seeds_needed(0)
