"""The study of depth and width: equal sizes are equal, and it runs and redraws."""

import pytest

from lab.foundations.counting import parameter_count
from studies.depth_and_width import PYRAMID, DepthAndWidth, run, shapes


@pytest.mark.parametrize(("features", "classes"), [(64, 10), (40, 10), (784, 10)])
def test_sizes_are_equal_within_two_percent(features, classes):
    wanted = parameter_count([features, *PYRAMID, classes])
    for key, widths in shapes(features, classes).items():
        if key != "printed":
            assert parameter_count([features, *widths, classes]) == pytest.approx(wanted, rel=0.02)


def test_smoke_and_redrawing(tmp_path):
    first, again = tmp_path / "first", tmp_path / "again"
    run(DepthAndWidth(smoke=True, out=first))
    run(DepthAndWidth(from_=first, out=again))
    page = (first / "table.md").read_text()
    assert "Verdict" in page
    assert (again / "table.md").read_text() == page
    assert (again / "shapes.png").read_bytes() == (first / "shapes.png").read_bytes()
    assert not (again / "record.nc").exists()
