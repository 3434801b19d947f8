"""The speed study runs, and counts its floating-point operations as documented."""

import subprocess
import sys

from studies.speed import CASES


def test_smoke(tmp_path):
    command = [sys.executable, "-m", "studies.speed", "--smoke", "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "lab.sweep" in (tmp_path / "table.md").read_text()
    assert (tmp_path / "speed.png").exists()


def test_flops_are_the_executed_products():
    parameters = 64 * 128 + 128 * 128 + 128 * 10
    assert CASES[0].flops == 6 * 64 * parameters - 2 * 64 * 64 * 128
