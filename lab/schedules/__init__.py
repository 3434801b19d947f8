"""Learning-rate schedules written out by hand: functions from a count of updates to a rate.

The count is the number of updates already taken: the first of T updates uses `schedule(0)`, the
last `schedule(T - 1)`, so that an end value "at T" is approached and, after T, held.

Names, parameters and defaults are optax's where optax has the schedule. Every number, lengths
included, may be traced; counts may be arrays, and stand for 0 if they are negative. Integers are
exact, Python's and NumPy's also beyond JAX's 32 bits. Factories, entries and schedules can be
pickled. `CATALOG` lists the schedules with their optax twins, and each entry's `over(peak, steps)`
stretches it over a budget.
A new schedule is a new file here with a tuple `ENTRIES` (and `PARTS`, for what joins others);
nothing else needs an edit.
"""

from collections.abc import Callable

import optax

from lab.catalog import Catalog, ScheduleEntry, collect, collect_parts
from lab.validation.errors import UnknownNameError

CATALOG: Catalog[ScheduleEntry] = collect("schedule", __name__, __path__)
_PUBLIC = collect_parts(__name__, __path__) | {n: entry.by_hand for n, entry in CATALOG.items()}


def __getattr__(name: str) -> Callable[..., optax.Schedule]:
    if name in _PUBLIC:
        return _PUBLIC[name]
    raise AttributeError(str(UnknownNameError(f"name in {__name__}", name, ["CATALOG", *_PUBLIC])))


def __dir__() -> list[str]:
    return sorted(["CATALOG", *_PUBLIC])
