"""Products of float32 matrices keep float32's bits on any device, unless told otherwise."""

import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import lab
from lab.records import provenance
from lab.sweeps import sweep
from lab.sweeps.compilation.executable import Executable
from lab.sweeps.devices.places import Place, lane_mesh
from lab.sweeps.devices.precision import full_precision


def product():
    """As it would be compiled."""
    with full_precision():
        return str(jax.make_jaxpr(jnp.dot)(jnp.zeros((2, 2)), jnp.zeros((2, 2))))


def test_devices_are_asked_for_all_bits_unless_the_user_has_said_otherwise():
    assert "Precision.HIGHEST" in product()
    with jax.default_matmul_precision("tensorfloat32"):
        assert "Precision.HIGH," in product()


def test_on_cpu_it_changes_no_bit():
    rng = np.random.default_rng(0)
    a, b = (jnp.asarray(rng.normal(size=(64, 64)), jnp.float32) for _ in range(2))
    plain = np.asarray(jax.jit(jnp.dot)(a, b))
    with full_precision():
        assert np.asarray(jax.jit(jnp.dot)(a, b)).tobytes() == plain.tobytes()


def test_within_it_jax_may_still_be_told_of_the_cores():
    code = """
import jax, lab
from lab.sweeps.devices.precision import full_precision
with full_precision():
    lab.use_all_cores(3)
    print(len(jax.devices()))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "3"


def test_records_tell_it():
    with full_precision():
        assert provenance()["matmul_precision"] == "highest"


def test_a_whole_sweep_has_it(monkeypatch):
    def plan(*_, **__):
        raise RuntimeError(provenance()["matmul_precision"])

    monkeypatch.setattr(sweep, "make_plan", plan)
    with pytest.raises(RuntimeError, match="highest"):
        lab.sweep("iris", ["sgd"], budget=lab.Budget(updates=1))


def test_a_compiled_program_is_of_one_precision_and_tells_its_own_memory():
    def products():
        return program.compilations, program.nbytes

    program, place = Executable(jax.jit(jnp.dot), lane_mesh()), Place(jax.devices()[0])
    small, large = (jnp.ones((n, n)) for n in (2, 64))
    program(place, large, large)
    once, most = products()
    program(place, small, small)
    assert products()[0] == once + 1
    assert products()[1] < most
    with jax.default_matmul_precision("highest"):
        program(place, small, small)
    assert products()[0] == once + 2
    program(place, large, large)
    assert products() == (once + 2, most)
