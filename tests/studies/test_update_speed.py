"""The study of update times runs, and judges as documented."""

import itertools
import subprocess
import sys

import numpy as np
import pytest

from studies import update_speed


def test_smoke(tmp_path):
    command = [sys.executable, "-m", "studies.update_speed", "--smoke", "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "as fast as optax" in (tmp_path / "table.md").read_text()
    assert (tmp_path / "update_speed.png").exists()


@pytest.mark.parametrize(
    ("mine", "control", "begins"),
    [
        ([0.9, 1.0, 1.1], [0.99, 1.01], "as fast as optax: "),
        ([0.9, 1.0, 1.3], [0.7, 1.4], "as fast as optax within the control"),
        ([0.9, 1.0, 1.3], [0.99, 1.01], "not as fast"),
        ([1.1, 1.1, 1.1], [0.99, 1.01], "not as fast"),
    ],
)
def test_the_verdict(mine, control, begins):
    assert update_speed.verdict(np.array(mine), np.array(control)).startswith(begins)


def test_sizes_are_what_they_are_called():
    def count(widths):
        return sum((m + 1) * n for m, n in itertools.pairwise(widths))

    assert [round(count(w), -3) for w in update_speed.SIZES.values()] == [26000, 9967000]
