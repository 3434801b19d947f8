"""What a process does that trains blocks for another one: the function that executors are given."""

import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import jax

from lab.sweeps.devices.places import lane_mesh, use_all_cores
from lab.sweeps.devices.precision import full_precision
from lab.sweeps.execution.blocks import Block, Result
from lab.sweeps.execution.distribution import Missing
from lab.sweeps.execution.shipping import Hold
from lab.sweeps.execution.timing import Clock
from lab.sweeps.local import Observers, train_here
from lab.sweeps.planning.identity import machine
from lab.sweeps.planning.prices import seconds
from lab.validation.errors import InputError

# Settings of JAX that change numbers, or where compiled programs are kept.
SETTINGS = (
    "jax_enable_x64", "jax_default_matmul_precision", "jax_threefry_partitionable",
    "jax_disable_most_optimizations", "jax_numpy_dtype_promotion", "jax_compilation_cache_dir",
    "jax_persistent_cache_min_compile_time_secs", "jax_persistent_cache_min_entry_size_bytes",
)  # fmt: skip
_HOLD, _ONE_AT_A_TIME = Hold(), threading.Lock()


class Call(NamedTuple):
    """A block, and how it is run."""

    plan: str  # name, among what was sent, of the plan and its exports
    block: Block
    settings: dict[str, Any]


class Returned(NamedTuple):
    """What a block comes back as."""

    results: list[Result]  # without their lanes' labels, which the other side has
    seconds: dict[str, float]
    machine: dict[str, Any]
    files: dict[str, bytes]  # exported models


def settings() -> dict[str, Any]:
    """Of this process."""
    return {name: _setting(name) for name in SETTINGS}


def _setting(name: str) -> Any:
    # those that a context can change are attributes, the others are not
    return getattr(jax.config, name) if hasattr(jax.config, name) else jax.config.read(name)


def describe(told: dict[str, Any], *_: Any) -> dict[str, Any]:
    """The machine of a worker with these settings."""
    with _ONE_AT_A_TIME, full_precision():
        _begin(told)
        return machine()


def timed_program(name: str, names: tuple[str, ...], sent: Mapping[str, bytes]) -> float | Missing:
    """Seconds of an update of a program, as `prices.seconds` measures them."""
    with _ONE_AT_A_TIME, full_precision():
        missing = _HOLD.missing(names, sent)
        return Missing(missing) if missing else seconds(*_HOLD.get(name, sent))


def run_block(call: Call, names: tuple[str, ...], sent: Mapping[str, bytes]) -> Returned | Missing:
    """Train a block."""
    with _ONE_AT_A_TIME, full_precision():
        missing = _HOLD.missing(names, sent)
        if missing:
            return Missing(missing)
        _begin(call.settings)
        plan, export = _HOLD.get(call.plan, sent)
        with tempfile.TemporaryDirectory() as folder, Clock() as clock:
            export = export and replace(export, folder=folder)
            trained = train_here(plan, [call.block], lane_mesh(), Observers(clock, export=export))
            results = [
                result._replace(measured=result.measured and replace(result.measured, lanes=[]))
                for result in trained
            ]
            files = {path.name: path.read_bytes() for path in Path(folder).iterdir()}
            return Returned(results, clock.seconds(), machine(), files)


def _begin(told: dict[str, Any]) -> None:
    """Take the settings of the process that asks; before the first array all cores, too."""
    _cores()
    for name, value in told.items():
        if _setting(name) != value:
            jax.config.update(name, value)


@cache
def _cores() -> None:
    with suppress(InputError):  # JAX has started
        use_all_cores()
