"""A search that was killed gives the trials that it would have given."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "killed_search.py"


@pytest.mark.slow
def test_killed_at_random_instants_a_search_gives_the_same_trials(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "tests.search.killed_search", str(tmp_path), "2"],
        capture_output=True,
        text=True,
        check=False,
        cwd=SCRIPT.parents[2],
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "the trials are the same" in done.stdout
