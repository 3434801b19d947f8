"""What a process does that trains blocks for another one: the function that executors are given."""

import os
import pickle
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import cache, wraps
from pathlib import Path
from typing import Any, NamedTuple

import jax

from lab.sweeps.devices.places import lane_mesh, use_all_cores
from lab.sweeps.devices.precision import full_precision
from lab.sweeps.execution.blocks import Block, Result
from lab.sweeps.execution.distribution import Missing
from lab.sweeps.execution.shipping import PartCache
from lab.sweeps.execution.timing import Clock
from lab.sweeps.execution.work import Observers
from lab.sweeps.local import train_here
from lab.sweeps.planning.identity import machine
from lab.sweeps.planning.prices import seconds
from lab.validation.errors import InputError

# Settings of JAX that change numbers, or where compiled programs are kept.
SETTINGS = (
    "jax_enable_x64", "jax_default_matmul_precision", "jax_threefry_partitionable",
    "jax_disable_most_optimizations", "jax_numpy_dtype_promotion", "jax_compilation_cache_dir",
    "jax_persistent_cache_min_compile_time_secs", "jax_persistent_cache_min_entry_size_bytes",
)  # fmt: skip
# Those that hold within a context: where the worker is a thread, its process keeps its own.
WITHIN = {
    "jax_enable_x64": jax.enable_x64,
    "jax_default_matmul_precision": jax.default_matmul_precision,
    "jax_threefry_partitionable": jax.threefry_partitionable,
    "jax_numpy_dtype_promotion": jax.numpy_dtype_promotion,
}
_IMPORTED_BY = os.getpid()
_PARTS, _ONE_AT_A_TIME = PartCache(), threading.Lock()


class Call(NamedTuple):
    """A block, and how it is run."""

    plan: str  # name, among what was sent, of the plan and its exports
    block: Block
    settings: dict[str, Any]
    files: dict[str, bytes]  # models that lanes of the block have exported


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


def _with_portable_errors(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, whose errors can be unpickled by another process.

    One that cannot would end a process pool, and be taken for a lost process.
    """

    @wraps(function)
    def call(*args: Any) -> Any:
        try:
            return function(*args)
        except Exception as error:
            try:
                pickle.loads(pickle.dumps(error))
            except Exception:
                raise RuntimeError(f"{type(error).__name__}: {error}") from None
            raise

    return call


@_with_portable_errors
def describe(configuration: dict[str, Any], *_: Any) -> dict[str, Any]:
    """The machine of a worker with these settings."""
    with _ready(configuration):
        return machine()


@_with_portable_errors
def timed_program(
    call: tuple[str, dict[str, Any]], names: tuple[str, ...], sent: Mapping[str, bytes], *_: int
) -> float | Missing:
    """Seconds of an update of a program, as `prices.seconds` measures them: name and settings."""
    name, configuration = call
    with _ready(configuration):
        missing = _PARTS.missing(name, names, sent)
        return Missing(missing) if missing else seconds(*_PARTS.get(name, sent))


@_with_portable_errors
def run_block(
    call: Call, names: tuple[str, ...], sent: Mapping[str, bytes], *_: int
) -> Returned | Missing:
    """Train a block."""
    with _ready(call.settings):
        missing = _PARTS.missing(call.plan, names, sent)
        if missing:
            return Missing(missing)
        plan, export = _PARTS.get(call.plan, sent)
        with tempfile.TemporaryDirectory() as folder, Clock() as clock:
            for name, content in call.files.items():
                (Path(folder) / name).write_bytes(content)
            export = export and replace(export, folder=folder)
            trained = train_here(plan, [call.block], lane_mesh(), Observers(clock, export=export))
            results = [
                result._replace(measured=result.measured and replace(result.measured, lanes=[]))
                for result in trained
            ]
            files = {path.name: path.read_bytes() for path in Path(folder).iterdir()}
            return Returned(results, clock.seconds(), machine(), files)


@contextmanager
def _ready(configuration: dict[str, Any]) -> Iterator[None]:
    """One call at a time, with the settings of the process that asks and, at first, all cores."""
    if os.getpid() != _IMPORTED_BY:
        raise RuntimeError(
            "JAX had started before this process was forked, and would wait for ever: give the "
            'executor mp_context=multiprocessing.get_context("spawn"), or take lab.ProcessPool.'
        )
    with _ONE_AT_A_TIME, full_precision(), ExitStack() as within:
        _cores()
        for name, value in configuration.items():
            if _setting(name) != value and name in WITHIN:
                within.enter_context(WITHIN[name](value))
            elif _setting(name) != value:
                jax.config.update(name, value)
        yield


@cache
def _cores() -> None:
    with suppress(InputError):  # JAX has started
        use_all_cores()
