"""SIGINT and SIGTERM, deferred to where a sweep can stop without a loss."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class PendingSignal:
    """The signal that has come, if any."""

    def __init__(self):
        self.number: int | None = None


@contextmanager
def deferred() -> Iterator[PendingSignal]:
    """Note the first signal; a second one acts as it would have without this.

    On leaving, the handlers are what they were, and a signal that has come is raised again: so a
    process ends as it always does (KeyboardInterrupt, or death by SIGTERM, exit codes 130 and
    143). One that is ignored, as under nohup, stays so. Python delivers signals to the main thread
    only; elsewhere nothing is deferred.
    """
    pending = PendingSignal()
    if threading.current_thread() is not threading.main_thread():
        yield pending
        return
    now = {number: signal.getsignal(number) for number in SIGNALS}
    before = {number: handler for number, handler in now.items() if handler != signal.SIG_IGN}

    def restore() -> None:
        for number, handler in before.items():
            if handler is not None:  # None: installed by other than Python
                signal.signal(number, handler)

    def note(number, _frame) -> None:
        pending.number = number
        restore()

    for number in before:
        signal.signal(number, note)
    try:
        yield pending
    finally:
        restore()
        if pending.number is not None:
            handler = before[signal.Signals(pending.number)]
            if callable(handler):  # at once: Python would run it a few instructions later
                handler(pending.number, None)
            else:
                signal.raise_signal(pending.number)
