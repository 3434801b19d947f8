"""What the panels of the speed study have in common."""

import json
import multiprocessing
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from lab.sweeps.devices.precision import full_precision
from lab.validation.errors import InputError


class Scope(NamedTuple):
    """How much to measure."""

    smoke: bool
    rounds: int | None  # interleaved repetitions; None for the panel's own number
    optimizers: tuple[str, ...]  # of the panels that ask; empty for all


class Table(NamedTuple):
    """What a panel says in numbers."""

    title: str
    header: list[str]
    rows: list[list[str]]
    text: str


Ask = Callable[..., Any]  # calls a function where something runs: `ask(name, function, *arguments)`


class Panel(NamedTuple):
    """A question about speed. Adding one is a file `_speed_NAME.py` and a line in `studies.speed`.

    Attributes:
      measure: Times everything, interleaved.
      drawn: Figure and table from the record, and words for the machine.
    """

    measure: Callable[[Scope], xr.Dataset]
    drawn: Callable[[xr.Dataset, str], tuple[Figure, Table]]


def at_least(values: np.ndarray, limit: float) -> str:
    """Whether so much was reached, from one value for each round."""
    return _judged(values, np.asarray(values) >= limit)


def at_most(values: np.ndarray, limit: float) -> str:
    """Whether no more was needed, from one value for each round."""
    return _judged(values, np.asarray(values) <= limit)


def _judged(values: np.ndarray, good: np.ndarray) -> str:
    held = "held" if good.all() else "inconclusive" if good.any() else "did not hold"
    low, middle, high = np.min(values), np.median(values), np.max(values)
    return f"{held}, {middle:.3g} ({low:.3g} to {high:.3g} over {len(values)} rounds)"


def left_out(ways: Iterable[str], shown: Iterable[str]) -> str:
    """Words for the ways that are not installed, each a sentence."""
    shown = set(shown)
    return "".join(f" Not installed, and left out: {way}." for way in ways if way not in shown)


def answered(module: str, *arguments: Any) -> Any:
    """The JSON in the last line that a module says, run in a process of its own.

    Raises:
      InputError: If it fails, with the last line of its complaint.
    """
    command = [sys.executable, "-m", module, *map(str, arguments)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        raise InputError(f"{module} failed: {ended.stderr.strip().splitlines()[-1]}")
    return json.loads(ended.stdout.splitlines()[-1])


@contextmanager
def here() -> Iterator[Ask]:
    """Everything in this process."""
    yield lambda way, function, *arguments: function(*arguments)


@contextmanager
def apart(ways: Iterable[str]) -> Iterator[Ask]:
    """A process for each way, which waits while others are asked."""
    spawn = multiprocessing.get_context("spawn")
    with ExitStack() as stack:
        pools = {way: stack.enter_context(ProcessPoolExecutor(1, spawn)) for way in ways}
        yield lambda way, *call: pools[way].submit(_precisely, *call).result()


@full_precision()
def _precisely(function: Callable[..., Any], *arguments: Any) -> Any:
    return function(*arguments)
