"""The study of over-fitting runs and redraws; its rules give the printed diagnoses."""

import numpy as np
import pytest

from lab.statistics.intervals import Interval
from studies.overfitting import __main__ as study
from studies.overfitting.verdict import at_best_of_others, diagnosis


def test_smoke_and_redrawing(smoke):
    assert "## Verdict" in (smoke(study) / "table.md").read_text()


PRINTED = {  # training and dev error in %, and what the textbook calls it
    (1, 10): "high variance",
    (12, 13): "high bias",
    (12, 24): "both",
    (0.5, 1): "good",
}


@pytest.mark.parametrize("errors", PRINTED)
def test_the_rule_gives_the_printed_diagnoses(errors):
    training, dev = (e / 100 for e in errors)
    assert diagnosis(_sure(training), _sure(dev - training)) == PRINTED[errors]


def test_an_interval_across_the_limit_decides_nothing():
    assert diagnosis(Interval(0.06, 0.04, 0.08), _sure(0.2)) == "inconclusive"
    assert diagnosis(_sure(0.01), Interval(0.04, 0.02, 0.06)) == "inconclusive"


def test_a_split_is_judged_where_the_others_are_best():
    values = np.array([[0.0, 2.0, 3.0], [4.0, 1.0, 2.0], [4.0, 1.0, 2.0]])
    np.testing.assert_array_equal(at_best_of_others(values), [2.0, 1.0, 1.0])


def _sure(value):
    return Interval(*(np.float64(value) for _ in range(3)))
