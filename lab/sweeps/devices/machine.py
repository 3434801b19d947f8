"""What this process may use of its machine; in a container less than there is."""

from contextlib import suppress
from pathlib import Path

import psutil

LIMITS = (  # in bytes, or the word max: control groups of version 2 and 1
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


def cores() -> int:
    """By its affinity, and by its container's quota of time, rounded up."""
    import joblib  # takes .2 s: not before it is needed

    return joblib.cpu_count()


def memory() -> int:
    """Bytes."""
    found = [psutil.virtual_memory().total]
    for path in LIMITS:
        with suppress(OSError, ValueError):
            found.append(int(path.read_text()))
    return min(found)
