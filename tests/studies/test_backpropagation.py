"""Printed numbers of the study of back-propagation, its claims, and graphs of other functions."""

import numpy as np

from lab.foundations.graphs import computational_graph
from lab.study.folder import opened
from studies.backpropagation.__main__ import STUDY
from studies.backpropagation.claims import claims, worked
from studies.backpropagation.graphs import computational_graphs


def test_claims_are_decided_even_when_tiny(smoke):
    record, _ = opened(smoke("backpropagation"), STUDY)
    assert [claim.outcome for claim in claims(record)] == ["held", "did not hold", "held"]


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
