"""Products of float32 matrices keep float32's bits on any device, unless told otherwise."""

import jax
import jax.numpy as jnp
import pytest

import lab
from lab.records import provenance
from lab.sweeps import sweep
from lab.sweeps.compilation.executable import Ahead
from lab.sweeps.devices.places import Place, lane_mesh
from lab.sweeps.devices.precision import full_precision


@pytest.fixture(params=["gpu", "tpu"])
def accelerator(request, monkeypatch):
    monkeypatch.setattr(jax, "default_backend", lambda: request.param)


def product():
    """As it would be compiled."""
    with full_precision():
        return str(jax.make_jaxpr(jnp.dot)(jnp.zeros((2, 2)), jnp.zeros((2, 2))))


@pytest.mark.usefixtures("accelerator")
def test_accelerators_are_asked_for_all_bits_unless_the_user_has_said_otherwise():
    assert "Precision.HIGHEST" in product()
    with jax.default_matmul_precision("tensorfloat32"):
        assert "Precision.HIGH," in product()


def test_on_cpu_programs_stay_as_they_are():
    assert "precision=" not in product()


@pytest.mark.usefixtures("accelerator")
def test_records_tell_it():
    with full_precision():
        assert provenance()["matmul_precision"] == "highest"


@pytest.mark.usefixtures("accelerator")
def test_a_whole_sweep_has_it(monkeypatch):
    def plan(*_, **__):
        raise RuntimeError(provenance()["matmul_precision"])

    monkeypatch.setattr(sweep, "make_plan", plan)
    with pytest.raises(RuntimeError, match="highest"):
        lab.sweep("iris", ["sgd"], budget=lab.Budget(updates=1))


def test_a_compiled_program_is_of_one_precision_and_tells_its_own_memory():
    def products():
        return program._cache_size(), program.nbytes

    program, place = Ahead(jax.jit(jnp.dot), lane_mesh()), Place(jax.devices()[0])
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
