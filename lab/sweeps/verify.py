"""Whether a record is what its sweep gives: its ledger, and some lanes, run again, bit by bit."""

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from lab import records
from lab.sweeps.results.extension import REPEATED
from lab.sweeps.sweep import Sweep
from lab.validation.checks import checked
from lab.validation.errors import require
from lab.validation.kinds import Count, Whole

MACHINE = ("python", "versions", "device", "backend", "devices", "x64", "revision")


class Verified(NamedTuple):
    """What came of it."""

    lanes: list[dict[str, Any]]  # what was run again, by its coordinates
    differing: list[tuple[dict[str, Any], str]]  # a lane, and a variable of other bits
    elsewhere: dict[str, tuple[Any, Any]]  # of the provenance: then, and now
    ledger: list[str]  # coordinates, such as the updates, that the sweep does not have so

    def __str__(self) -> str:
        others = ", ".join(f"{k} was {old}, is {new}" for k, (old, new) in self.elsewhere.items())
        where = f" (but {others})" if others else ""
        if self.ledger:
            return f"the record's {', '.join(self.ledger)} are not those of the sweep{where}."
        if not self.differing:
            return f"{len(self.lanes)} lanes run again are bitwise the record's{where}."
        lanes = {str(lane) for lane, _ in self.differing}
        names = sorted({name for _, name in self.differing})
        return (
            f"{len(lanes)} of {len(self.lanes)} lanes run again differ from the record{where}, in "
            f"{', '.join(names)}; the first is {self.differing[0][0]}."
        )


@checked
def verify(
    record: xr.Dataset,
    again: Sweep | Callable[[xr.Dataset], xr.Dataset],
    *,
    lanes: Count = 4,
    seed: Whole | None = None,
) -> Verified:
    """Run a sample of a record's lanes again and compare everything measured, bit by bit.

    Args:
      record: From `lab.sweep`, or loaded.
      again: The same sweep: a `lab.Sweep`, or `lambda held: lab.sweep(..., extend=held)`.
      lanes: How many lanes to sample; all, where there are fewer.
      seed: Of the sample; by default another one each time, so that nobody knows which lanes.

    Raises:
      InputError: If it is no sweep's record, or `again` makes another one.

    >>> import lab
    >>> sweep = lab.Sweep(
    ...     "iris", ["sgd"], axes={"learning_rate": [0.1, 0.2]}, seeds=3,
    ...     budget=lab.Budget(updates=5), evaluations=1,
    ... )
    >>> print(lab.verify(sweep.run(), sweep, lanes=2))
    2 lanes run again are bitwise the record's.
    """
    require(
        "diverged_at" in record and "manifest" in record.attrs,
        "record must be one of lab.sweep, with its manifest.",
    )
    dims = record["diverged_at"].dims
    shape = record["diverged_at"].shape
    cells = list(itertools.product(*map(range, shape)))
    chosen = np.random.default_rng(seed).choice(len(cells), min(lanes, len(cells)), replace=False)
    mask = np.zeros(shape, bool)
    for place in chosen:
        mask[cells[place]] = True
    held = record.assign_coords({REPEATED: (dims, mask)})
    made = again.run(extend=held) if isinstance(again, Sweep) else again(held)
    require(REPEATED not in made.coords, "nothing was run again: pass on what is held as extend=.")
    require(
        all(made[d].values.tolist() == record[d].values.tolist() for d in dims),
        f"the sweep made again has other lanes than the record along {', '.join(map(str, dims))}.",
    )
    then, now = (records.manifest(r)["provenance"] for r in (record, made))
    ran: list[dict[str, Any]] = []
    differing = []
    for place in sorted(chosen):
        at = dict(zip(dims, cells[place]))
        lane = {str(d): record[d].values[i].item() for d, i in at.items()}
        ran.append(lane)
        for name, variable in record.data_vars.items():
            old, new = variable.isel(at).values, made[name].isel(at).values
            if old.tobytes() != new.tobytes():
                differing.append((lane, str(name)))
    ledger = [
        str(name)
        for name, kept in record.coords.items()
        if name not in made.coords or not kept.variable.identical(made[name].variable)
    ]
    elsewhere = {k: (then.get(k), now[k]) for k in MACHINE if then.get(k) != now[k]}
    return Verified(ran, differing, elsewhere, ledger)
