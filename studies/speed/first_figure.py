"""Where the time goes: until the first figure, and within a sweep of a minute.

A run is cold where JAX has compiled nothing before, and warm where the same program ran before.
"""

import tempfile
import time

import numpy as np
import xarray as xr

from studies.speed.panel import answered
from studies.speed.program import parts
from studies.speed.settings import Speed

PARTS = ("start and imports", "data", "compilation", "training", "evaluation", "rest of the sweep",
         "statistics", "drawing")  # fmt: skip
RUNS = ("cold", "warm", "a minute")


def measure(s: Speed) -> xr.Dataset:
    """A cold run, a warm one, and the sweep of a minute, which is cold; round after round."""
    took = np.zeros((len(RUNS), len(PARTS), s.rounds))
    for r in range(s.rounds):
        with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as another:
            told = zip((one, one, another), (s.updates, s.updates, s.minute))
            for i, (cache, updates) in enumerate(told):
                if s.processes == "own":
                    took[i, :, r] = answered("studies.speed.program", cache, updates, time.time())
                else:  # where everything is imported
                    took[i, 1:, r] = parts(updates)
    return xr.Dataset(
        {"seconds": (("run", "part", "round"), took, {"units": "s"})},
        {"run": list(RUNS), "part": list(PARTS)},
    )
