"""The same claim about several tasks, arms or rows: intervals whose statements hold together."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from lab.statistics import Interval, holm_intervals
from lab.study.claims import Claim


def family(
    name: str, statement: str, values: Mapping[str, np.ndarray], unit: str, **more: Any
) -> Iterator[Claim]:
    """A claim about the mean of each row of replicates, by Holm's intervals against its limit.

    Args:
      name: Of the claims, before that of each.
      statement: Of all of them.
      values: [n] replicates, such as paired differences, by what they are said of.
      unit: What is replicated.
      more: Attributes of the claims, one limit among them. `says` may be one for each; `where`
        follows what each is said of.
    """
    rows = np.stack([*values.values()])
    intervals = holm_intervals(rows, more["low"] if "low" in more else more["high"])
    return each(name, statement, intervals, values, n=rows.shape[-1], unit=unit, **more)


def each(
    name: str, statement: str, intervals: Interval, of: Iterable[str], **more: Any
) -> Iterator[Claim]:
    """A claim about each of several intervals [m], which hold together; more as for `family`."""
    said, where = more.pop("says", "{}"), more.pop("where", "")
    for k, (one, *limits) in enumerate(zip(of, *intervals)):
        yield Claim(
            re.sub(r"\W+", "_", f"{name} {one}".lower()).strip("_"),
            statement,
            Interval(*limits),
            where=f"{one}, {where}" if where else one,
            says=said if isinstance(said, str) else said[k],
            **more,
        )
