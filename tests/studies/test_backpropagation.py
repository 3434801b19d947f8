"""The study of back-propagation runs and redraws; its claims hold even when tiny."""

import numpy as np

from lab.foundations.graphs import computational_graph
from lab.plots.foundations_graphs import computational_graphs
from studies.backpropagation import Backpropagation, run, worked


def test_smoke_and_redrawing(tmp_path):
    first, again = tmp_path / "first", tmp_path / "again"
    run(Backpropagation(smoke=True, out=first))
    run(Backpropagation(from_=first, out=again))
    page = (first / "table.md").read_text()
    assert "autom" in page
    assert page.count(": held") == 2
    assert "gradient check*: did not hold" in page
    assert (again / "table.md").read_text() == page
    for name in ("graphs.png", "check.png", "multiplications.png"):
        assert (again / name).read_bytes() == (first / name).read_bytes()
    assert not (again / "record.nc").exists()


def test_worked_numbers_round_to_the_printed_ones_but_the_misprint():
    for name, _, slip, printed in worked():
        close = abs(float(slip) - float(printed)) < 1.01e-3
        assert close == (name != "second net7")


def test_a_graph_with_constants_and_arrays_can_be_drawn():
    graph = computational_graph(lambda x: (2 * x + 1).sum(), np.ones(3, np.float32))
    figure = computational_graphs({"a function": graph}, "text")
    shown = [text.get_text() for text in figure.axes[0].texts]
    assert "Σ" in shown
    assert "2" in shown
