"""What one update of a program costs, in every currency."""

import time
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lab.budget import Price
from lab.flops import follow, follow_jaxpr
from lab.sweeps.devices.compiler_options import compiled
from lab.sweeps.devices.places import lane_mesh
from lab.training import Train, make_train
from lab.types import Hypers, Program, Stream, float_type

Shapes = tuple[tuple[str, tuple[int, ...], Any], ...]  # name, shape and dtype of every column
FOLLOWED = 100  # updates whose FLOPs are averaged where some differ from others
TIMED_S = 0.02  # how long a timing lasts at least
TIMINGS = 5


def price(program: Program, gradient_evaluations: float, hypers: Hypers, rows: Any) -> Price:
    """The price of one update, but for its seconds; a probe looks on for nothing.

    Args:
      program: Whose update.
      gradient_evaluations: That the rule takes.
      hypers: The numbers of some lane; only their names count.
      rows: The data, for their shapes.
    """
    shapes = tuple((k, np.shape(v), np.asarray(v).dtype) for k, v in sorted(rows.items()))
    unwatched = replace(program, probe=None, probe_every=1)
    flops = _flops(unwatched, tuple(hypers.rule), tuple(hypers.task), shapes, float_type())
    return Price(1, program.batch_size, gradient_evaluations, flops)


@lru_cache(maxsize=512)
def _flops(
    program: Program, rule: tuple[str, ...], task: tuple[str, ...], rows: Shapes, dtype: Any
) -> float:
    """Of an update, on average over the first `FOLLOWED`: some rules do more now and then."""
    train, number = make_train(program), jax.ShapeDtypeStruct((), dtype)
    hypers = Hypers(dict.fromkeys(rule, number), dict.fromkeys(task, number))
    key: Any = jax.ShapeDtypeStruct((2,), jnp.uint32)
    _, state = follow(lambda k, h: train.start(train.draw(k, h), k, h), key, hypers)
    table = {name: jax.ShapeDtypeStruct(shape, kind) for name, shape, kind in rows}

    rates: Any = jax.ShapeDtypeStruct((1,), dtype)
    order: Any = jax.ShapeDtypeStruct((program.batch_size,), jnp.int32)
    stream = Stream(order, rates, key)
    args = (state, table, stream, hypers, np.int32(0))
    advance = jax.make_jaxpr(train.advance)(*args, np.int32(0))

    def updates(count: int) -> float:
        return follow_jaxpr(advance, *args, np.int32(count))[0]

    one, two = updates(1), updates(2)
    return one if two == 2 * one else updates(FOLLOWED) / FOLLOWED


def seconds(program: Program, hypers: Hypers, rate: float, rows: Mapping[str, Any]) -> float:
    """Time of one update of a lane of its own on one device: the median of a few timings.

    In a sweep many lanes share a call, from which no optimizer's own time can be read.
    """
    train, device = make_train(program), jax.local_devices()[0]
    count = max(16, 4096 // program.batch_size)
    with jax.default_device(device):
        state, call = _lone_lane(train, program, hypers, rate, rows, count, device)
        state = call(state)
        begin = time.perf_counter()
        state = call(state)
        repeats = int(np.ceil(TIMED_S / (time.perf_counter() - begin)))
        timings = []
        for _ in range(TIMINGS):
            begin = time.perf_counter()
            for _ in range(repeats):
                state = call(state)
            timings.append((time.perf_counter() - begin) / (repeats * count))
    return float(np.median(timings))


def _lone_lane(
    train: Train, program: Program, hypers: Hypers, rate: float, rows: Any, count: int, device: Any
):
    hypers = jax.tree.map(lambda x: jnp.asarray(x, float_type()), hypers)
    key = jnp.zeros(2, jnp.uint32)
    table = jax.tree.map(jnp.asarray, dict(rows))
    height = len(next(iter(table.values())))
    order = np.random.default_rng(0).integers(0, height, count * program.batch_size)
    stream = Stream(jnp.asarray(order, jnp.int32), jnp.full(count, rate, float_type()), key)
    state = jax.jit(lambda k, h: train.start(train.draw(k, h), k, h))(key, hypers)
    rest = table, stream, hypers, np.int32(0), np.int32(count)
    traced = jax.jit(train.advance).trace(state, *rest)
    advance = compiled(traced, lane_mesh((device,)))

    def call(state):
        return jax.block_until_ready(advance(state, *rest)[0])

    return state, call
