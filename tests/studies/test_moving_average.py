"""The study of moving averages runs and redraws itself."""

from studies.moving_average import MovingAverage, run


def test_smoke_and_redraw(tmp_path):
    run(MovingAverage(smoke=True, out=tmp_path / "one"))
    run(MovingAverage(from_=tmp_path / "one", out=tmp_path / "two"))
    for name in ("table.md", "verdict.md", "panels.png"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert not (tmp_path / "two" / "record.nc").exists()
    assert "0.893" in (tmp_path / "one" / "verdict.md").read_text()
