"""The rules of the study of over-fitting give the printed diagnoses."""

import numpy as np
import pytest

from lab.statistics import at_best_of_others
from lab.statistics.intervals import Interval
from studies.overfitting.claims import diagnosis

PRINTED = {  # training and dev error in %, and what the textbook calls it
    (1, 10): "high variance",
    (12, 13): "high bias",
    (12, 24): "both",
    (0.5, 1): "good",
}


@pytest.mark.parametrize("errors", PRINTED)
def test_the_rule_gives_the_printed_diagnoses(errors):
    training, dev = errors
    assert diagnosis(_sure(training), _sure(dev - training)) == PRINTED[errors]


def test_an_interval_across_the_limit_decides_nothing():
    assert diagnosis(Interval(6, 4, 8), _sure(20)) == "inconclusive"
    assert diagnosis(_sure(1), Interval(4, 2, 6)) == "inconclusive"


def test_a_split_is_judged_where_the_others_are_best():
    values = np.array([[0.0, 2.0, 3.0], [4.0, 1.0, 2.0], [4.0, 1.0, 2.0]])
    np.testing.assert_array_equal(at_best_of_others(values), [2.0, 1.0, 1.0])


def _sure(value):
    return Interval(*(np.float64(value) for _ in range(3)))
