"""Of moving averages: how long the averages of the study need for a step."""

from studies.moving_average.claims import delays
from studies.moving_average.runs import MovingAverage, averages


def test_delays_are_those_of_the_weights():
    found = averages(MovingAverage(seeds=2))
    assert delays(found, 0.5).tolist() == [4, 4, 5]  # 1 − 0.8⁴ = 0.59; 5 of 9
    assert delays(found, 0.95).tolist() == [14, 14, 9]
    assert float(found.expansion_error) < 1e-9
    assert abs(float(found.weight.sel(kind="plain")[:10].sum()) - 0.893) < 5e-4
