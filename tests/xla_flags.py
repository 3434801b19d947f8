"""Prints those of the given flags that the installed XLA knows: `xla_flags.py --xla_a=1 ...`.

A flag in `XLA_FLAGS` that is unknown ends the interpreter, so each is tried in one of its own.
"""

import os
import subprocess
import sys


def known(flag: str) -> bool:
    """Whether JAX starts with it."""
    environment = os.environ | {"XLA_FLAGS": flag, "JAX_PLATFORMS": "cpu"}
    start = [sys.executable, "-c", "import jax; jax.devices()"]
    return subprocess.run(start, env=environment, capture_output=True).returncode == 0


if __name__ == "__main__":
    print(*filter(known, sys.argv[1:]))
