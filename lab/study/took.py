"""Where the time of a study went."""

from collections.abc import Collection

import xarray as xr

from lab.sweeps.execution.timing import KINDS

WORK = ("lane_updates", "seconds", *(f"seconds_{kind}" for kind in KINDS))


def took(parts: Collection[xr.Dataset], seconds: float) -> str:
    """Run-steps per second, and shares of the study's `seconds`; what was resumed costs nothing."""
    steps, sweeps, compiling, initializing, training, evaluating = (
        sum(part.attrs.get(name, 0.0) for part in parts) for name in WORK
    )
    shares = {
        "not in compiled training": seconds - training,
        "evaluation": evaluating,
        "compilation": compiling,
        "first parameters": initializing,
        "the host's part of sweeps": sweeps - compiling - initializing - training - evaluating,
        "statistics, baselines and figures": seconds - sweeps,
    }
    first, *others = (f"{spent / seconds:.0%} {name}" for name, spent in shares.items())
    return (
        f"{steps:,.0f} run-steps in {seconds:.0f} s: {steps / seconds:,.0f} a second; {first} "
        f"({', '.join(others)})"
    )
