"""Learning-rate schedules written out by hand: functions from a count of updates to a rate.

The count is the number of updates already taken: the first of T updates uses `schedule(0)`, the
last `schedule(T - 1)`, so that an end value "at T" is approached and, after T, held.

Names, parameters and defaults are optax's where optax has the schedule. Every number, lengths
included, may be traced; counts may be arrays. `CATALOG` lists the schedules with their optax
twins, and each entry's `over(peak, steps)` stretches it over a budget. A new schedule is a new
file here with a tuple `ENTRIES`; nothing else needs an edit.
"""

from collections.abc import Callable

import optax

from lab.catalog import Catalog, ScheduleEntry, collect
from lab.errors import UnknownNameError

CATALOG: Catalog[ScheduleEntry] = collect("schedule", __name__, __path__)


def __getattr__(name: str) -> Callable[..., optax.Schedule]:
    if name in CATALOG:
        return CATALOG[name].by_hand
    raise AttributeError(str(UnknownNameError(f"name in {__name__}", name, ["CATALOG", *CATALOG])))


def __dir__() -> list[str]:
    return sorted(["CATALOG", *CATALOG])
