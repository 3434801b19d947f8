"""Over eight devices, sharded by XLA or explicitly, a rule moves as on one: see `sharded.py`."""

import subprocess
import sys
from pathlib import Path

import pytest
from everything import RULES

# A sum in another order may round a mean to the next number of bfloat16, 1/128 away at most.
KEEPS_16_BITS = {"adam-bfloat16", "multi_steps-bfloat16", "schedule_free-optax", "sgd-bfloat16"}
LOOK_AT_WHOLE_ARRAYS = [
    *("dog", "dowg", "lbfgs", "momo", "muon", "polyak_sgd", "prodigy", "sam_sgd", "shampoo"),
    "soap",
]


def differences(names):
    """By rule: the largest difference under Auto and Explicit axes."""
    run = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("sharded.py")), *names],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": ""},
    )
    assert run.returncode == 0, run.stderr[-1000:]
    lines = dict(line.split(" ", 1) for line in run.stdout.splitlines())
    assert set(lines) == set(names)
    return lines


def assert_small(lines):
    for name, told in lines.items():
        assert "Error" not in told, f"{name}: {told}"
        limit = 1e-2 if name in KEEPS_16_BITS else 1e-4
        assert max(map(float, told.split())) <= limit, f"{name}: {told}"


def test_rules_that_look_at_whole_arrays_move_as_on_one_device():
    assert_small(differences(LOOK_AT_WHOLE_ARRAYS))


@pytest.mark.slow
def test_every_rule_moves_as_on_one_device():
    assert_small(differences(sorted(RULES)))
