"""The perceptron study runs, redraws from its record, and its claims hold even when tiny."""

import subprocess
import sys

STUDY = [sys.executable, "-m", "studies.perceptron"]


def test_smoke_and_redrawing(tmp_path):
    first, again = tmp_path / "first", tmp_path / "again"
    for flags in (["--smoke", "--out", first], ["--from", first, "--out", again]):
        done = subprocess.run(
            [*STUDY, *map(str, flags)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-3000:]
    page = (first / "table.md").read_text()
    assert page.count("Held") == 3
    assert (again / "table.md").read_text() == page
    for name in ("lines.png", "bound.png"):
        assert (again / name).read_bytes() == (first / name).read_bytes()
    assert not (again / "record.nc").exists()
