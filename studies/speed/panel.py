"""Where what is timed runs: in this process, or in processes of its own."""

import json
import multiprocessing
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any, TypeAlias

from lab.sweeps.devices.precision import full_precision
from lab.validation.errors import InputError
from studies.speed.settings import Speed

Ask: TypeAlias = Callable[..., Any]  # calls where a way runs: `ask(way, function, *arguments)`


@contextmanager
def asking(s: Speed, ways: Iterable[str]) -> Iterator[Ask]:
    """A process for each way, which waits while others are asked; or all in this process."""
    if s.processes == "one":
        yield lambda way, function, *arguments: function(*arguments)
        return
    spawn = multiprocessing.get_context("spawn")
    with ExitStack() as stack:
        pools = {way: stack.enter_context(ProcessPoolExecutor(1, spawn)) for way in ways}
        yield lambda way, *call: pools[way].submit(precisely, *call).result()


@full_precision()
def precisely(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function with products of float32 matrices in float32, as in sweeps."""
    return function(*arguments)


def answered(module: str, *arguments: Any) -> Any:
    """The JSON in the last line that a module says, run in a process of its own.

    Raises:
      InputError: If it fails, with the last line of its complaint.
    """
    command = [sys.executable, "-m", module, *map(str, arguments)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        raise InputError(f"{module} failed: {ended.stderr.strip().splitlines()[-1]}.")
    return json.loads(ended.stdout.splitlines()[-1])
