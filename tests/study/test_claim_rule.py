"""A claim is judged by one rule, whatever its kind."""

import numpy as np
import pytest

import lab
from lab.statistics import holm_intervals, mean_interval, paired_difference
from lab.statistics.intervals import Interval
from lab.study import Claim, fact, outcome, span
from lab.study.claims import FAILED, HELD, OPEN

INF = float("inf")
CASES = {  # interval, limits: a direction, the value of a theory, no difference
    "above": ((0.1, 2), (0, INF), HELD),
    "below": ((-2, -0.1), (0, INF), FAILED),
    "across": ((-1, 2), (0, INF), OPEN),
    "touching": ((0, 2), (0, INF), OPEN),
    "nothing at all": ((0, 0), (0, INF), OPEN),
    "less than": ((-2, -1), (-INF, 0), HELD),
    "diverged": ((INF, INF), (0, INF), HELD),
    "diverged, less was said": ((INF, INF), (-INF, 0), FAILED),
    "a value, closely": ((0.95, 1.05), (0.9, 1.1), HELD),
    "a value, contained in a wide interval": ((0.2, 1.8), (0.9, 1.1), OPEN),
    "a value, missed": ((1.2, 1.8), (0.9, 1.1), FAILED),
    "no difference, shown": ((-0.2, 0.3), (-0.5, 0.5), HELD),
    "no difference, not shown": ((-0.2, 0.7), (-0.5, 0.5), OPEN),
    "not known": ((np.nan, np.nan), (0, INF), OPEN),
}


@pytest.mark.parametrize(("limits", "bounds", "said"), CASES.values(), ids=CASES)
def test_one_rule(limits, bounds, said):
    assert outcome(Interval(np.nan, *limits), *bounds) == said


def test_of_several_all_must_hold_and_one_is_enough_to_fail():
    def of(*pairs):
        low, high = np.array(pairs, float).T
        return outcome(Interval((low + high) / 2, low, high), low=0)

    assert of((1, 2), (0.5, 3)) == HELD
    assert of((1, 2), (-1, 3)) == OPEN
    assert of((1, 2), (-1, 3), (-2, -1)) == FAILED
    several = Interval(np.zeros(2), np.array([6.0, 1.0]), np.array([7.0, 2.0]))
    assert outcome(several, low=[5, -INF], high=[INF, 5]) == HELD


def test_a_claim_is_a_line_with_its_numbers():
    claim = Claim(
        "gain", "It helps", Interval(1.25, 0.5, 2.0), 12, "splits", low=0, where="digits",
        says="{} points of accuracy", digits="+.2f",
    )  # fmt: skip
    assert claim.line == (
        "- *It helps*, digits: **held**, +1.25 (+0.50 to +2.00) points of accuracy."
    )
    assert fact("bound", "It never errs", False, "3 errors").outcome == FAILED
    assert span(Interval(*np.arange(6.0).reshape(3, 2)), ".0f") == "0 (2 to 4); 1 (3 to 5)"


def test_a_claim_without_a_limit_is_refused():
    with pytest.raises(lab.InputError, match="needs a limit"):
        Claim("vague", "It is what it is", Interval(1, 0, 2), 3, "seeds")


def test_holm_is_between_one_interval_and_bonferroni():
    rng = np.random.default_rng(0)
    values = rng.normal([[3.0], [0.9], [0.1]], 1.0, (3, 12))
    found = holm_intervals(values)
    for i in range(3):
        alone = mean_interval(values[i])
        together = mean_interval(values[i], level=1 - 0.05 / 3)
        assert together.low <= found.low[i] <= alone.low
    first = mean_interval(values[0], level=1 - 0.05 / 3)
    assert found.low[0] == first.low


def test_holm_names_too_many_in_at_most_5_of_100():
    """Four true hypotheses beside one that is false: any of them rejected is an error."""
    rng, wrong, rounds = np.random.default_rng(1), 0, 2000
    for _ in range(rounds):
        x = rng.normal(size=(5, 10)) + np.array([[2.0], [0], [0], [0], [0]])
        found = holm_intervals(x)
        wrong += bool(((found.low > 0) | (found.high < 0))[1:].any())
    assert wrong / rounds < 0.05 + 3 * np.sqrt(0.05 * 0.95 / rounds)
    assert wrong / rounds > 0.03  # and it is no wider than it need be


def test_one_comparison_needs_no_correction():
    a, b = np.random.default_rng(2).normal(size=(2, 9))
    np.testing.assert_allclose(
        [holm_intervals((a - b)[None]).low[0]], [paired_difference(a, b).low]
    )
