"""The corrected resampled t-test: its limit, its level under the correlation it assumes."""

import numpy as np
import pytest
from scipy import stats

from lab.statistics import corrected_interval, corrected_test, mean_interval
from lab.validation.errors import InputError


def test_independent_samples_give_students_test():
    d = np.random.default_rng(0).normal(0.3, 1, (3, 12))
    np.testing.assert_allclose(corrected_test(d, 0.0), stats.ttest_1samp(d, 0, axis=-1).pvalue)
    np.testing.assert_allclose(corrected_interval(d, 0.0), mean_interval(d))


def test_its_level_is_right_where_the_plain_test_is_far_off():
    """Equal correlations ρ = n₂/(n₁ + n₂) of all splits, as the correction takes them to be."""
    rng, J, ratio = np.random.default_rng(0), 50, 1 / 4
    rho = ratio / (1 + ratio)
    d = np.sqrt(rho) * rng.normal(size=(4000, 1)) + np.sqrt(1 - rho) * rng.normal(size=(4000, J))
    assert (corrected_test(d, ratio) <= 0.05).mean() == pytest.approx(0.05, abs=0.01)
    assert (corrected_test(d, 0.0) <= 0.05).mean() > 0.5
    low, high = corrected_interval(d, ratio)[1:]
    assert ((low <= 0) & (high >= 0)).mean() == pytest.approx(0.95, abs=0.01)


def test_interval_and_test_agree_and_comparisons_widen():
    d = np.random.default_rng(1).normal(1, 1, (200, 10))
    _, low, _ = corrected_interval(d, 0.1)
    np.testing.assert_array_equal(low > 0, corrected_test(d, 0.1) < 0.05)
    np.testing.assert_array_equal(
        corrected_interval(d, 0.1, comparisons=7)[1] > 0, corrected_test(d, 0.1) < 0.05 / 7
    )


def test_no_difference_at_all_is_no_difference():
    assert corrected_test(np.zeros(5), 0.1) == 1
    assert corrected_test(np.ones(5), 0.1) == 0


@pytest.mark.parametrize(
    ("d", "ratio", "says"),
    [([1.0], 0.1, "at least 2"), ([1.0, np.inf], 0.1, "finite"), ([1.0, 2.0], -1.0, "ratio")],
)
def test_what_cannot_be_tested_is_refused(d, ratio, says):
    with pytest.raises(InputError, match=says):
        corrected_test(d, ratio)
