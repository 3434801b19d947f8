"""Orbax without what it says beside the error that it raises."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def quiet() -> Iterator[None]:
    """Without Orbax's log, which tells of errors at length before they are raised.

    Without the tracebacks of writes that end when nobody waits for them any more, too.
    """
    log = logging.getLogger("absl")
    level, hook = log.level, sys.unraisablehook

    def filtered(unraised: Any) -> None:
        if "Event loop is closed" not in str(unraised.exc_value):
            hook(unraised)

    log.setLevel(logging.CRITICAL)
    sys.unraisablehook = filtered
    try:
        yield
    finally:
        log.setLevel(level)
        sys.unraisablehook = hook
