"""Where lanes run: a mesh over the devices, and how many lanes each holds."""

import os
import warnings
from functools import lru_cache
from typing import Any

import jax
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from lab.checks import checked
from lab.errors import InputError, require, shown
from lab.kinds import Count

LANES = PartitionSpec("lanes")
SHARED = PartitionSpec()


@checked
def use_all_cores(count: Count | None = None) -> int:
    """Give JAX one CPU device per core (two on a single core); returns how many.

    XLA leaves a core idle in a mapped loop of small products, so lanes are spread over devices.
    Call it after importing JAX and before the first array or key. Without effect on accelerators.

    Args:
      count: Number of devices; by default the cores this process may use.

    Raises:
      InputError: If JAX has already started with another number.
    """
    wanted = max(2, _cores()) if count is None else count
    try:
        jax.config.update("jax_num_cpu_devices", wanted)
    except RuntimeError:
        started = len(jax.local_devices(backend="cpu"))
        if started != wanted:
            raise InputError(
                f"count of CPU devices must be {started}, with which JAX has started, given "
                f"{wanted}: call use_all_cores before the first array or key."
            ) from None
    return wanted


@lru_cache
def lane_mesh(devices: tuple[Any, ...] | None = None) -> Mesh:
    """A mesh with the one axis `lanes` over `devices`, by default all of this process.

    Raises:
      InputError: If one of them is another process's.
    """
    chosen = tuple(jax.local_devices()) if devices is None else devices
    mine = jax.process_index()
    require(
        len(chosen) > 0 and all(getattr(d, "process_index", None) == mine for d in chosen),
        "devices must be of this process, as jax.local_devices() has them, given "
        f"{shown(devices)}.",
    )
    return jax.make_mesh((len(chosen),), ("lanes",), axis_types=(AxisType.Auto,), devices=chosen)


def warn_of_idle_cores(mesh: Mesh) -> None:
    """Say in one sentence that cores stand idle, where they do."""
    cores = _cores()
    if jax.default_backend() == "cpu" and mesh.size < cores:
        warnings.warn(
            f"lab.sweep runs on {mesh.size} of {cores} cores: call lab.use_all_cores() before the "
            "first JAX array to use them all.",
            stacklevel=5,  # the call of lab.sweep, through what it is wrapped in
        )


def shard(mesh: Mesh, tree, spec: PartitionSpec = LANES):
    """Put a tree of host arrays on the mesh: split over its lanes, or copied to each device."""
    return jax.device_put(tree, NamedSharding(mesh, spec))


@lru_cache(maxsize=4096)
def number(mesh: Mesh, value: int) -> Any:
    """An int32 on every device: to send it along with a call would double the call's own time."""
    return shard(mesh, np.int32(value), SHARED)


def check_memory(mesh: Mesh, device_bytes: int) -> None:
    """Refuse what cannot fit: so many bytes on each device.

    One call holds one group of lanes per device, the least that keeps the width: so the bound
    has nothing to choose but yes or no.

    Raises:
      InputError: With the bytes needed and the bytes there.
    """
    device = mesh.devices.flat[0]
    if device.platform == "cpu":
        free = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        needed = device_bytes * mesh.size
    else:
        stats = device.memory_stats() or {}
        free, needed = stats.get("bytes_limit", float("inf")), device_bytes
    require(
        needed <= free,
        f"the sweep needs about {needed / 2**20:.0f} MiB on {device.device_kind}, which has "
        f"{free / 2**20:.0f} MiB: use fewer rows, a smaller model or fewer devices.",
    )


def _cores() -> int:
    """Cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
