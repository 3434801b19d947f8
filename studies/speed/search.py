"""Trials per second of a search by lanes, beside Optuna driving one trial at a time.

Each search runs in a process of its own, in turn, round by round: compilation counts, imports and
the reading of data do not. The peers are optional: what is not installed is left out, and said so.
"""

import importlib.util

import numpy as np
import xarray as xr

from studies.speed.panel import answered
from studies.speed.search_ways import BATCH, CASES, search_once
from studies.speed.settings import KERAS, STEPS, Speed

# So many trials of a peer tell its rate. Where they are fewer than those of the lab, the first one
# is not counted, to the peer's advantage: what compiles once, compiles there.
AT_MOST = {STEPS: 201, KERAS: 4}


def measure(s: Speed) -> xr.Dataset:
    """Search by all ways in turn, round after round."""
    ways = [way for way in s.search_ways if way != KERAS or importlib.util.find_spec("keras")]
    counts = dict(zip(CASES, s.trials))
    rate = np.empty((len(counts), len(ways), s.rounds))
    marks = np.full((*rate.shape, 2, max(s.trials)), np.nan)
    for r in range(s.rounds):
        for i, case in enumerate(counts):
            for j, way in enumerate(ways):
                trials = timed(way, counts[case])
                done = np.array(searched(s, way, case, trials))
                marks[i, j, r, :, : len(done)] = done.T
                rate[i, j, r] = trials_per_second(done, warm=trials < counts[case])
                print(f"{case}: {way} {rate[i, j, r]:.1f} trials/s", flush=True)
    by = ("case", "way", "round")
    return xr.Dataset(
        {
            "rate": (by, rate, {"units": "1/s"}),
            "done": ((*by, "mark"), marks[..., 0, :], {"long_name": "trials"}),
            "after": ((*by, "mark"), marks[..., 1, :], {"units": "s"}),
        },
        {"case": list(counts), "way": ways},
        {"batch": BATCH},
    )


def timed(way: str, trials: int) -> int:
    """How many trials of a search are run to learn its rate."""
    return min(trials, AT_MOST.get(way, trials))


def searched(s: Speed, way: str, case: str, trials: int) -> list[tuple[int, float]]:
    """Trials done, and when, of a search in a process of its own."""
    if s.processes == "one":
        return search_once(way, case, trials, s.search_epochs)
    return answered("studies.speed.search_ways", way, case, trials, s.search_epochs)


def trials_per_second(done: np.ndarray, warm: bool = False) -> float:
    """Of a whole search, or of what follows its first trial.

    Args:
      done: Trials, and seconds since the search began [marks, 2].
      warm: Whether what came with the first trial is left out.
    """
    first, begin = done[0] if warm else (0.0, 0.0)
    return float((done[-1, 0] - first) / (done[-1, 1] - begin))
