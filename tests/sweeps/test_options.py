"""How a program is compiled follows from what it does in every update."""

from types import SimpleNamespace

import jax
import numpy as np
import pytest

import lab
from lab import optimizers, probes
from lab.data.streams import key_data
from lab.sweeps.devices import compiler_options
from lab.sweeps.devices.compiler_options import compiled, draws_repeatedly, options
from lab.sweeps.devices.places import lane_mesh
from lab.training import make_train
from lab.types import Hypers, Probe, Program, Rule, Stream


def traced(dropout=False, watched=False):
    """Jaxprs of drawing first parameters and of training."""
    task = lab.tasks.CATALOG["iris"].make(widths=(4,), dropout=dropout)
    probe = probes.OfLoss(task.problem, probes.sharpness) if watched else None
    program = Program(
        task.problem, Rule(optimizers.sgd), batch_size=8, probe=probe and Probe(probe)
    )
    train, rows = make_train(program), task.source.prepare(0).rows
    hypers, key = Hypers({}, dict(task.hypers)), key_data(0, "parameters")
    stream = Stream(np.zeros(128, np.int32), np.full(16, 1e-3, np.float32), key)
    state = jax.eval_shape(lambda: train.start(train.draw(key, hypers), key, hypers))
    rest = rows, stream, hypers, np.int32(0), np.int32(16)
    return jax.make_jaxpr(train.draw)(key, hypers), jax.make_jaxpr(train.advance)(state, *rest)


def test_only_what_draws_in_every_update_draws_repeatedly():
    draw, plain = traced()
    assert not draws_repeatedly(draw)
    assert not draws_repeatedly(plain)
    assert draws_repeatedly(traced(dropout=True)[1])


def test_a_probe_that_draws_is_no_reason_to_compile_otherwise():
    watched = traced(watched=True)[1]
    assert "random_bits" in str(watched)
    assert not draws_repeatedly(watched)
    assert draws_repeatedly(traced(dropout=True, watched=True)[1])


@pytest.mark.parametrize(("dropout", "level"), [(False, "2"), (True, None)])
def test_small_products_are_compiled_at_level_2(dropout, level):
    told = options(lane_mesh(tuple(jax.devices()[:1])), traced(dropout)[1])
    assert told.get("xla_backend_optimization_level") == level
    assert "xla_disable_hlo_passes" not in told  # all cores are one group's


@pytest.mark.parametrize("unknown", [(), ("xla_gone",), ("xla_gone", "xla_gone_too")])
def test_an_option_that_xla_does_not_know_is_left_out(unknown, monkeypatch):
    def told(*_):
        return dict.fromkeys(unknown, "1") | {"xla_backend_optimization_level": "2"}

    monkeypatch.setattr(compiler_options, "options", told)
    function = compiled(jax.jit(lambda x: x + 1).trace(1.0), lane_mesh())
    assert function(1.0) == 2.0


def test_a_value_that_xla_does_not_take_is_an_error(monkeypatch):
    monkeypatch.setattr(
        compiler_options, "options", lambda *_: {"xla_backend_optimization_level": "high"}
    )
    with pytest.raises(jax.errors.JaxRuntimeError, match="high"):
        compiled(jax.jit(lambda x: x + 1).trace(1.0), lane_mesh())


def test_other_devices_and_hasty_users_are_told_nothing():
    _, training = traced()
    other: object = SimpleNamespace(devices=np.array([SimpleNamespace(platform="gpu")]), size=1)
    assert options(other, training) == {}  # pyright: ignore
    try:
        jax.config.update("jax_disable_most_optimizations", True)
        assert options(lane_mesh(), training) == {}
    finally:
        jax.config.update("jax_disable_most_optimizations", False)
