"""How many lanes a group holds: a table, as any other width may give other bits.

A group of lanes should stay in cache, and is never sized by a measurement at run time.
`python -m studies.speed --panels widths` measures the rows of `widths.csv`.
"""

import csv
from functools import cache
from importlib import resources


@cache
def table(platform: str) -> tuple[tuple[float, int], ...]:
    """Largest bytes of a lane's parameters, gradient and optimizer state, and width; ascending."""
    text = resources.files("lab.sweeps.devices").joinpath("widths.csv").read_text()
    rows = list(csv.DictReader(text.splitlines()))
    known = {row["platform"] for row in rows}
    kind = platform if platform in known else "gpu"
    return tuple(
        (float(row["largest_bytes"]), int(row["width"])) for row in rows if row["platform"] == kind
    )


def width(lane_bytes: int, platform: str) -> int:
    """Lanes of one inner vmap: a pure function of sizes and kind of device."""
    return next(lanes for limit, lanes in table(platform) if lane_bytes <= limit)
