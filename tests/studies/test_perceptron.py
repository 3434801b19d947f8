"""The perceptron study runs, redraws from its record, and its claims hold even when tiny."""

from studies.perceptron import __main__ as study


def test_smoke_and_redrawing(smoke):
    assert (smoke(study) / "table.md").read_text().count("Held") == 3
