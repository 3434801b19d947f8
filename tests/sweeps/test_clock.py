"""Where the time went adds up, and watching it changes nothing."""

import time

import jax
import jax.numpy as jnp
import numpy as np

import lab
from lab.sweeps.compilation.executable import Executable
from lab.sweeps.devices.places import Place, lane_mesh
from lab.sweeps.execution.timing import KINDS, Clock

HERE = Place(jax.devices()[0])


def test_the_kinds_add_up_to_no_more_than_the_time_that_passed():
    product = Executable(jax.jit(lambda a: a @ a), lane_mesh())
    matrix = jnp.ones((600, 600)) / 600
    begin = time.perf_counter()
    with Clock() as clock:
        for kind in (*KINDS[1:], "training"):  # all made before the first is done
            clock.call(HERE, kind, lambda result: result, product, matrix)
        spent = clock.seconds()
    passed = time.perf_counter() - begin
    assert set(spent) == set(KINDS)
    assert all(seconds > 0 for seconds in spent.values())
    assert sum(spent.values()) <= passed


def test_only_the_first_call_of_a_shape_compiles():
    function = Executable(jax.jit(jnp.cos), lane_mesh())
    with Clock() as clock:
        found, _ = clock.call(HERE, "training", lambda result: result, function, jnp.zeros(3))
        first = clock.seconds()["compiling"]
        clock.call(HERE, "training", lambda result: result, function, jnp.ones(3))
        assert clock.seconds()["compiling"] == first > 0
        clock.call(HERE, "training", lambda result: result, function, jnp.ones(4))
        assert clock.seconds()["compiling"] > first
    np.testing.assert_array_equal(found, np.ones(3))


def test_a_sweep_says_what_it_took():
    record = lab.sweep(
        lab.tasks.CATALOG["iris"].make(widths=(3,)),  # of nobody else: it is compiled here
        ["sgd"],
        axes={"learning_rate": [0.1]},
        seeds=2,
        budget=lab.Budget(updates=20),
        evaluations=2,
    )
    spent = {kind: record.attrs[f"seconds_{kind}"] for kind in KINDS}
    assert min(spent.values()) > 0
    assert sum(spent.values()) <= record.attrs["seconds"]
