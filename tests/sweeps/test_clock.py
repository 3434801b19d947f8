"""Where the time went adds up, and watching it changes nothing."""

import time

import jax
import jax.numpy as jnp
import numpy as np

import lab
from lab.sweeps.execution.timing import KINDS, Clock


def test_the_kinds_add_up_to_no_more_than_the_time_that_passed():
    product = jax.jit(lambda device, a: a @ a, static_argnums=0)
    matrix = jnp.ones((600, 600)) / 600
    begin = time.perf_counter()
    with Clock() as clock:
        for kind in (*KINDS[1:], "training"):  # all made before the first is done
            clock.call("here", kind, lambda result: result, product, matrix)
        spent = clock.seconds()
    passed = time.perf_counter() - begin
    assert set(spent) == set(KINDS)
    assert all(seconds > 0 for seconds in spent.values())
    assert sum(spent.values()) <= passed


def test_only_the_first_call_of_a_shape_compiles():
    function = jax.jit(lambda device, a: jnp.cos(a), static_argnums=0)
    with Clock() as clock:
        found, _ = clock.call("here", "training", lambda result: result, function, jnp.zeros(3))
        first = clock.seconds()["compiling"]
        clock.call("here", "training", lambda result: result, function, jnp.ones(3))
        assert clock.seconds()["compiling"] == first > 0
        clock.call("here", "training", lambda result: result, function, jnp.ones(4))
        assert clock.seconds()["compiling"] > first
    np.testing.assert_array_equal(found, np.ones(3))


def test_a_sweep_says_what_it_took():
    record = lab.sweep(
        "iris", ["sgd"], axes={"learning_rate": [0.1]}, seeds=2, budget=lab.Budget(updates=20),
        evaluations=2,
    )  # fmt: skip
    spent = {kind: record.attrs[f"seconds_{kind}"] for kind in KINDS}
    assert min(spent.values()) > 0
    assert sum(spent.values()) <= record.attrs["seconds"]
