"""The study of moving averages runs and redraws itself."""

from studies import moving_average as study


def test_smoke_and_redrawing(smoke):
    assert "0.893" in (smoke(study) / "verdict.md").read_text()
