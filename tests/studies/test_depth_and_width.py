"""The study of depth and width: equal sizes are equal, and it runs and redraws."""

import pytest

from lab.foundations.counting import parameter_count
from studies.depth_and_width import __main__ as study
from studies.depth_and_width.__main__ import PYRAMID, shapes


@pytest.mark.parametrize(("features", "classes"), [(64, 10), (40, 10), (784, 10)])
def test_sizes_are_equal_within_two_percent(features, classes):
    wanted = parameter_count([features, *PYRAMID, classes])
    for key, widths in shapes(features, classes).items():
        if key != "printed":
            assert parameter_count([features, *widths, classes]) == pytest.approx(wanted, rel=0.02)


def test_smoke_and_redrawing(smoke):
    assert "Verdict" in (smoke(study) / "table.md").read_text()
