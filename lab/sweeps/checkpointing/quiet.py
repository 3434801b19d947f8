"""Orbax without what it says beside the error that it raises."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def quiet_and_alone() -> Iterator[None]:
    """Without Orbax's log, which tells of errors at length before they are raised.

    Without the tracebacks of writes that end when nobody waits for them any more, too, and as if
    this were the only process: of several, Orbax lets the first write NumPy arrays, and has them
    wait for one another.
    """
    from orbax.checkpoint._src.multihost import multihost

    log = logging.getLogger("absl")
    before = log.level, multihost.process_index, multihost.process_count, sys.unraisablehook

    def unheard(unraised: Any) -> None:
        if "Event loop is closed" not in str(unraised.exc_value):
            before[-1](unraised)

    log.setLevel(logging.CRITICAL)
    multihost.process_index, multihost.process_count = lambda: 0, lambda: 1
    sys.unraisablehook = unheard
    try:
        yield
    finally:
        log.setLevel(before[0])
        multihost.process_index, multihost.process_count, sys.unraisablehook = before[1:]
