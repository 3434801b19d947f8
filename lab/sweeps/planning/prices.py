"""What one update of a program costs, in every currency."""

import time
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lab.budget import Price
from lab.flops import follow_jaxpr
from lab.sweeps.devices.compiler_options import compiled
from lab.sweeps.devices.places import lane_mesh
from lab.sweeps.planning.traced import Form, form, traced
from lab.training import first_state, make_train
from lab.types import Hypers, Program, Stream, float_type

FOLLOWED = 100  # updates whose FLOPs are averaged where some differ from others
TIMED_S = 0.02  # how long a timing lasts at least
TIMINGS = 5


def price(program: Program, gradient_evaluations: float, hypers: Hypers, rows: Any) -> Price:
    """The price of one update, but for its seconds; a probe costs nothing.

    Of the numbers of some lane only the names count, of the rows their shapes.
    """
    flops = _flops(form(replace(program, probe=None), hypers, rows))
    return Price(1, program.batch_size, gradient_evaluations, flops)


@lru_cache(maxsize=512)
def _flops(form: Form) -> float:
    """Of an update, on average over the first `FOLLOWED`: some rules do more now and then."""
    found = traced(form)
    shapes, *between, _ = found.advance_args
    known = follow_jaxpr(found.start, *found.start_args)[1]  # counters are
    state = [s if k is None else k for s, k in zip(jax.tree.leaves(shapes), known)]

    def updates(count: int) -> float:
        return follow_jaxpr(found.advance, state, *between, np.int32(count))[0]

    one, two = updates(1), updates(2)
    return one if two == 2 * one else updates(FOLLOWED) / FOLLOWED


def seconds(program: Program, hypers: Hypers, rate: float, rows: Mapping[str, Any]) -> float:
    """Time of one update of a lane of its own on one device: the median of a few timings.

    In a sweep many lanes share a call, from which no optimizer's own time can be read.
    """
    train, device = make_train(program), jax.local_devices()[0]
    count = max(16, 4096 // program.batch_size)
    height = len(next(iter(rows.values())))
    order = np.random.default_rng(0).integers(0, height, count * program.batch_size)
    with jax.default_device(device):
        numbers = jax.tree.map(lambda x: jnp.asarray(x, float_type()), hypers)
        key, table = jnp.zeros(2, jnp.uint32), jax.tree.map(jnp.asarray, dict(rows))
        stream = Stream(jnp.asarray(order, jnp.int32), jnp.full(count, rate, float_type()), key)
        state = jax.jit(partial(first_state, train))(key, numbers)
        rest = table, stream, numbers, np.int32(0), np.int32(count)
        advance = compiled(jax.jit(train.advance).trace(state, *rest), lane_mesh((device,)))

        def took(calls: int) -> float:
            nonlocal state
            begin = time.perf_counter()
            for _ in range(calls):
                state = jax.block_until_ready(advance(state, *rest)[0])
            return time.perf_counter() - begin

        took(1)
        calls = int(np.ceil(TIMED_S / took(1)))
        timings = [took(calls) / (calls * count) for _ in range(TIMINGS)]
    return float(np.median(timings))
