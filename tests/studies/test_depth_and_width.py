"""The study of depth and width: equal sizes are equal."""

import pytest

from lab.foundations.counting import parameter_count
from studies.depth_and_width.runs import DepthAndWidth, hidden


@pytest.mark.parametrize(("features", "classes"), [(64, 10), (40, 10), (784, 10)])
def test_sizes_are_equal_within_two_percent(features, classes):
    shapes = hidden(DepthAndWidth(), features, classes)
    assert shapes["pyramid"] == DepthAndWidth().pyramid
    wanted = parameter_count([features, *shapes["pyramid"], classes])
    for key, widths in shapes.items():
        if key != "printed":
            assert parameter_count([features, *widths, classes]) == pytest.approx(wanted, rel=0.02)
