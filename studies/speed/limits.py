"""What the machine can do at most, on all of its devices at the same time."""

import time
from collections.abc import Callable
from functools import cache

import jax
import numpy as np
from jax.sharding import AxisType, NamedSharding, PartitionSpec

REPEATS = 3


def peak(size: int = 2048) -> float:
    """flop/s of a large matrix product on each device."""
    return 2 * jax.device_count() * size**3 / _seconds(_product, size)


def bandwidth(size: int = 8192) -> float:
    """B/s read and written where each device adds one to a large array."""
    return 2 * 4 * jax.device_count() * size**2 / _seconds(_increment, size)


def _product(a):
    return a @ a


def _increment(a):
    return a + 1


def _seconds(operation: Callable, size: int) -> float:
    run, arrays = _ready(operation, size)
    arrays = jax.block_until_ready(run(jax.block_until_ready(arrays + 0)))
    begin = time.perf_counter()
    for _ in range(REPEATS):
        arrays = jax.block_until_ready(run(arrays))
    return (time.perf_counter() - begin) / REPEATS


@cache
def _ready(operation: Callable, size: int):
    """The operation on every device, and its arrays [devices, size, size]."""
    devices, spec = jax.device_count(), PartitionSpec("d")
    mesh = jax.make_mesh((devices,), ("d",), axis_types=(AxisType.Auto,))
    mapped = jax.shard_map(operation, mesh=mesh, in_specs=spec, out_specs=spec)
    # in place: fresh memory would be handed out page by page
    zeros = np.zeros((devices, size, size), np.float32)
    return jax.jit(mapped, donate_argnums=0), jax.device_put(zeros, NamedSharding(mesh, spec))
