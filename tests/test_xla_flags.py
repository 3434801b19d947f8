"""Tests are never run with a flag that would end the interpreter."""

import subprocess
import sys
from pathlib import Path


def test_only_known_flags_are_kept():
    script = Path(__file__).parent / "xla_flags.py"
    flags = ["--xla_nonsense=1", "--xla_backend_optimization_level=1"]
    done = subprocess.run([sys.executable, script, *flags], capture_output=True, text=True)
    assert done.stdout.split() == flags[1:]
