"""SIGINT and SIGTERM, heard but obeyed only where a sweep can stop without a loss."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

HEARD = (signal.SIGINT, signal.SIGTERM)


class Heard:
    """The signal that has come, if any."""

    def __init__(self):
        self.number: int | None = None


@contextmanager
def deferred() -> Iterator[Heard]:
    """Note the first signal; a second one acts as it would have without this.

    On leaving, the handlers are what they were, and a signal that has come is raised again: so a
    process ends as it always does (KeyboardInterrupt, or death by SIGTERM, exit codes 130 and
    143). One that is ignored, as under nohup, stays so. Python delivers signals to the main thread
    only; elsewhere nothing is deferred.
    """
    heard = Heard()
    if threading.current_thread() is not threading.main_thread():
        yield heard
        return
    now = {number: signal.getsignal(number) for number in HEARD}
    before = {number: handler for number, handler in now.items() if handler != signal.SIG_IGN}

    def restore() -> None:
        for number, handler in before.items():
            if handler is not None:  # None: installed by other than Python
                signal.signal(number, handler)

    def note(number, _frame) -> None:
        heard.number = number
        restore()

    for number in before:
        signal.signal(number, note)
    try:
        yield heard
    finally:
        restore()
        if heard.number is not None:
            handler = before[signal.Signals(heard.number)]
            if callable(handler):  # at once: Python would run it a few instructions later
                handler(heard.number, None)
            else:
                signal.raise_signal(heard.number)
