"""An update works in place: the optimizer's state is written where it was read."""

import re

import jax
import numpy as np
import pytest

import lab
from lab import optimizers
from lab.data.streams import key_data
from lab.sweeps.devices.compiler_options import compiled
from lab.sweeps.devices.places import lane_mesh
from lab.training import make_train
from lab.types import Hypers, Program, Rule, Stream


@pytest.mark.parametrize("rule", [optimizers.adam, optimizers.rmsprop])
def test_an_update_copies_no_state_of_the_optimizer(rule):
    task = lab.tasks.CATALOG["digits"].make(widths=(32, 32))
    rows = task.source.prepare(0).rows
    train = make_train(Program(task.problem, Rule(rule), batch_size=8))
    hypers, key = Hypers({}, dict(task.hypers)), key_data(0, "parameters")
    state = train.start(train.draw(key, hypers), key, hypers)
    stream = Stream(np.zeros(128, np.int32), np.full(16, 1e-3, np.float32), key)
    advance = jax.jit(train.advance, donate_argnums=0)
    traced = advance.trace(state, rows, stream, hypers, np.int32(0), np.int32(16))
    text = compiled(traced, lane_mesh()).as_text()
    assert text
    copied = re.findall(r"= f32\[[\d,]+\]\S* copy\(", text)
    # weights that the backward pass reads again may be copied before they are overwritten
    assert len(copied) <= len(jax.tree.leaves(state.params)), copied
