"""The contenders do the same work, and are judged as documented."""

import numpy as np
import pytest

import lab
from lab.search import Lanes, Round
from studies.speed import search as panel
from studies.speed import search_ways as ways
from studies.speed.panel import at_least


def test_a_trial_is_the_same_work_in_a_loop_of_steps_as_in_lanes():
    task = lab.tasks.supervised(lab.data.source(lab.data.load("breast_cancer")), widths=ways.WIDTHS)
    fixed = {"optimizer": "adam", "batch_size": ways.BATCH}
    numbers = {"learning_rate": 0.01, "b1": 0.8, "b2": 0.99, "init_scale": 0.7}
    lanes = Lanes(task, lab.Budget(epochs=3), seeds=[ways.SEED], fixed=fixed)
    mine = lanes(Round({0: numbers}, 1.0))[0]
    np.testing.assert_allclose(ways.trained(numbers, 3), mine, rtol=1e-4)


def test_trials_per_second_are_of_the_whole_search_or_of_what_follows_the_first_trial():
    done = np.array([[1, 3.0], [2, 4.0], [5, 7.0]])
    assert panel.trials_per_second(done) == pytest.approx(5 / 7)
    assert panel.trials_per_second(done, warm=True) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("ratios", "begins"),
    [([11.0, 12.0], "held"), ([9.0, 12.0], "inconclusive"), ([5.0, 9.0], "did not hold")],
)
def test_the_verdict_on_what_was_expected(ratios, begins):
    assert at_least(np.array(ratios), 10.0).startswith(begins)
