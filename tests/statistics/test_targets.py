"""Times to a target, where some runs never get there."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lab import statistics

POINTS = np.array([0, 10, 20, 30])
CURVES = np.array(
    [
        [3.0, 2.0, 1.0, 0.5],
        [3.0, 1.0, 2.0, 0.5],  # reached once is reached
        [3.0, 2.0, 2.0, 2.0],
        [3.0, np.inf, np.inf, np.inf],
    ]
)


def test_by_hand():
    reached = statistics.time_to_target(CURVES, POINTS, 1.0)
    assert reached.time.tolist() == [20, 10, 30, 30]
    assert reached.hit.tolist() == [True, True, False, False]
    assert statistics.hit_rate(reached) == 0.5
    assert statistics.expected_running_time(reached) == 90 / 2
    assert statistics.median_time(reached) == np.inf  # the third of four never gets there
    assert statistics.median_time(statistics.time_to_target(CURVES[:3], POINTS, 1.0)) == 20
    assert statistics.median_time(statistics.time_to_target(CURVES[:2], POINTS, 1.0)) == 15


def test_nobody_gets_there():
    reached = statistics.time_to_target(CURVES, POINTS, 0.1)
    assert statistics.hit_rate(reached) == 0
    assert np.isposinf(statistics.expected_running_time(reached))
    assert np.isposinf(statistics.median_time(reached))


@given(arrays(float, (5, 6), elements=st.floats(0, 10)), st.floats(0, 10), st.floats(0, 10))
def test_an_easier_target_is_reached_no_later(curves, one, other):
    points = np.arange(6)
    easy = statistics.time_to_target(curves, points, max(one, other))
    hard = statistics.time_to_target(curves, points, min(one, other))
    assert (easy.time <= hard.time).all()
    assert (easy.hit >= hard.hit).all()
