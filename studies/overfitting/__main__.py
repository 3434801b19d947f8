"""When does a network learn its rows by heart, and how is that told from too small a network?

Training and validation curves; errors against the size of the learning set, the capacity and the
share of wrong labels; the table of bias and variance with diagnoses computed from rules; decision
boundaries on moons and circles. Learning sets are redrawn, and intervals are over them.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import xarray as xr

from lab.study.cli import Flags, Folder, main, opened
from lab.study.once import once
from studies.overfitting import report, runs

NAME, WIDTH, ROWS = "mnist1d", 128, 400  # where nothing else is said
SIZES = (50, 100, 200, 400, 800, 1600)
CURVES = (400, 2400)
WIDTHS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
NOISES = (0.0, 0.1, 0.2, 0.3, 0.4)
PLANES, PLANE_WIDTHS = ("moons", "circles"), (2, 8, 128)
PLANE_ROWS, PLANE_NOISE = 60, 0.25  # learning set; deviation of both coordinates
ARMS = {  # what each is meant to have: data, width, rows
    "good": ("digits", 64, None),
    "high variance": ("digits", 64, 40),
    "high bias": ("mnist1d", 1, None),
    "both": ("mnist1d", 4, 100),
}


@dataclass(frozen=True)
class Overfitting(Flags):
    """Flags of the study of over-fitting."""


def run(flags: Overfitting) -> None:
    """Train, diagnose, draw."""
    folder = Folder(flags, "overfitting")
    if flags.from_ is not None:
        report.draw(opened(flags.from_, "overfitting"), folder)
        return
    smoke = flags.smoke
    bench = runs.Bench(flags.seeds or (2 if smoke else 10), 1 if smoke else 2, 8 if smoke else 2000)
    one = slice(0, 1) if smoke else slice(None)
    sizes, noises = (SIZES[2:4], NOISES[:2]) if smoke else (SIZES, NOISES)
    widths = WIDTHS[::7] if smoke else WIDTHS
    arms = {k: a for k, a in ARMS.items() if not smoke or a[1] in widths}  # no more programs
    told = {
        "smoke": smoke, "splits": bench.splits, "seeds": bench.seeds, "updates": bench.updates,
        "rate": bench.rate, "batch": runs.BATCH, "data": NAME, "width": WIDTH, "rows": ROWS,
        "plane_rows": PLANE_ROWS, "plane_noise": PLANE_NOISE,
    }  # fmt: skip
    planes = PLANES[one]
    plan: dict[str, Callable[[], xr.Dataset]] = {
        "curves": lambda: runs.curves(bench, NAME, WIDTH, CURVES[one], 4 if smoke else 50),
        "rows": lambda: runs.along(
            bench, "rows", sizes, [runs.task(NAME, WIDTH, n) for n in sizes]
        ),
        "capacity": lambda: runs.along(
            bench, "width", widths, [runs.task(NAME, w, ROWS) for w in widths]
        ),
        "noise": lambda: runs.along(
            bench, "noise", noises, [runs.task(NAME, WIDTH, ROWS, share) for share in noises]
        ),
        "arms": lambda: described(
            runs.along(bench, "arm", range(len(arms)), [runs.task(*a) for a in arms.values()]), arms
        ),
        "plane": lambda: runs.boundaries(
            bench, planes, PLANE_WIDTHS[one], PLANE_ROWS, PLANE_NOISE, 9 if smoke else 81
        ),
    }
    parts = {label: once(folder, label, told, make) for label, make in plan.items()}
    report.draw(folder.finish(parts, told), folder)


def described(found: xr.Dataset, arms: dict[str, tuple]) -> xr.Dataset:
    """The errors of the arms with what each is: data, width, rows (0 for all)."""
    names, widths, rows = (np.array([a[i] or 0 for a in arms.values()]) for i in range(3))
    return found.assign_coords(
        arm=list(arms), data=("arm", names), width=("arm", widths), rows=("arm", rows)
    )


if __name__ == "__main__":
    main(Overfitting, run)
