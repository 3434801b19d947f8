"""The study of moving averages runs and redraws itself."""

from studies.moving_average import __main__ as study


def test_smoke_and_redrawing(smoke):
    assert "0.893" in (smoke(study) / "verdict.md").read_text()
