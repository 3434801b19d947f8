"""Where lanes run: on each device of a mesh, or on each core of a CPU."""

import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.sharding import AxisType, Mesh

from lab import compatibility
from lab.sweeps.devices import machine
from lab.validation.checks import checked
from lab.validation.errors import InputError, require, shown
from lab.validation.kinds import Count

LINES = 8  # of calls on a device: XLA lets no more than 32 calls of a CPU device wait


@checked
def use_all_cores(count: Count | None = None) -> int:
    """Give JAX one CPU device per core (two on a single core); returns how many.

    XLA leaves a core idle in a mapped loop of small products, so a group of lanes runs for each.
    Call it after importing JAX and before the first array or key. Without effect on accelerators.

    Args:
      count: Number of devices; by default the cores this process may use.

    Raises:
      InputError: If JAX has already started with another number.
    """
    wanted = max(2, machine.cores()) if count is None else count
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


class Place(NamedTuple):
    """Where a group of lanes runs; calls at one place follow one another, and wait for no other's.

    Attributes:
      device: Of JAX.
      line: Which line of calls of that device; 0 for the device's own order.
    """

    device: Any
    line: int = 0

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call a compiled function with what is on the device."""
        with compatibility.line(self.line):
            return function(*args)


def places(mesh: Mesh) -> list[Place]:
    """One for each device; on CPU lines of calls on as few devices as can hold them.

    JAX begins a call of a function of several devices on all of them together, so that where calls
    are short all wait for the slowest one, over and over; and it compiles a function of one device
    for each. Lines of calls on one CPU device use as many cores as so many devices, where this
    version of JAX has them.
    """
    devices = list(mesh.devices.flat)
    if devices[0].platform != "cpu" or len(devices) == 1 or not compatibility.has_lines():
        return [Place(device) for device in devices]
    return [Place(devices[i // LINES], i + 1) for i in range(len(devices))]


def warn_of_idle_cores(mesh: Mesh) -> None:
    """Say in one sentence that cores stand idle, where they do."""
    cores = machine.cores()
    if jax.default_backend() == "cpu" and mesh.size < cores:
        warnings.warn(
            f"lab.sweep runs on {mesh.size} of {cores} cores: call lab.use_all_cores() before the "
            "first JAX array to use them all.",
            stacklevel=5,  # the call of lab.sweep, through what it is wrapped in
        )


@lru_cache(maxsize=4096)
def number(device: Any, value: int) -> Any:
    """An int32 on a device: to send it along with a call would double the call's own time."""
    return jax.device_put(np.int32(value), device)


def check_memory(mesh: Mesh, own: int, shared: int = 0) -> None:
    """Refuse what cannot fit: so many bytes at each place, and on each device what places share.

    One call holds one group of lanes per place, the least that keeps the width: so the bound
    has nothing to choose but yes or no.

    Raises:
      InputError: With the bytes needed and the bytes there.
    """
    device = mesh.devices.flat[0]
    if device.platform == "cpu":
        free = machine.memory()
        needed = own * mesh.size + shared * len({place.device for place in places(mesh)})
    else:
        stats = device.memory_stats() or {}
        free, needed = stats.get("bytes_limit", float("inf")), own + shared
    require(
        needed <= free,
        f"the sweep needs about {needed / 2**20:.0f} MiB on {device.device_kind}, which has "
        f"{free / 2**20:.0f} MiB: use fewer rows, a smaller model or fewer devices.",
    )
