"""Trials per second of a search by lanes, beside Optuna driving one trial at a time.

Each search runs in a process of its own, in turn, round by round: compilation counts, imports and
the reading of data do not. The peers are optional: what is not installed is left out, and said so.
"""

import importlib.util
import json

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from studies.speed.panel import Scope, Table, answered, at_least, left_out
from studies.speed.search_figure import searches
from studies.speed.search_ways import BATCH, CASES, WAYS, search_once

EPOCHS, ROUNDS = 20, 3
LAB, LOOP, KERAS = "lab.search", "jitted steps, one trial at a time", "Keras fit"
LIMITS = {LOOP: 10.0, KERAS: 20.0}
# So many trials of a peer tell its rate. Where they are fewer than those of the lab, the first one
# is not counted, to the peer's advantage: what compiles once, compiles there.
AT_MOST = {LOOP: 201, KERAS: 4}


def measure(scope: Scope) -> xr.Dataset:
    """Search by all ways in turn, round after round."""
    rounds, epochs = scope.rounds or ROUNDS, EPOCHS
    ways = [way for way in WAYS if way != KERAS or importlib.util.find_spec("keras")]
    cases, search = list(CASES), searched
    if scope.smoke:
        rounds, epochs, cases, ways, search = 1, 1, cases[:1], [LOOP, LAB], search_once
    counts = {case: 8 if scope.smoke else CASES[case].trials for case in cases}
    rate = np.full((len(cases), len(ways), rounds), np.nan)
    processors, best = rate.copy(), rate.copy()
    after = np.full((*rate.shape, 2, max(counts.values())), np.nan)
    for r in range(rounds):
        for i, case in enumerate(cases):
            for j, way in enumerate(ways):
                trials = timed(way, counts[case])
                found = search(way, case, trials, epochs)
                done = np.array(found["done"])
                after[i, j, r, :, : len(done)] = done.T
                rate[i, j, r] = trials_per_second(done, warm=trials < counts[case])
                processors[i, j, r] = found["processor_seconds"] / trials
                best[i, j, r] = found["best"]
                print(f"{case}: {way} {rate[i, j, r]:.1f} trials/s", flush=True)
    by = ("case", "way", "round")
    return xr.Dataset(
        {
            "rate": (by, rate, {"long_name": "trials per second", "units": "1/s"}),
            "processor_seconds": (by, processors, {"units": "s", "long_name": "of a trial"}),
            "best": (by, best),
            "done": ((*by, "of", "mark"), after),
        },
        {"case": cases, "way": ways, "of": ["trials", "seconds"]},
        {"epochs": epochs, "trials": json.dumps(counts), "batch": BATCH},
    )


def timed(way: str, trials: int) -> int:
    """How many trials of a search are run to learn its rate."""
    return min(trials, AT_MOST.get(way, trials))


def searched(way: str, case: str, trials: int, epochs: int) -> dict:
    """What a search in a process of its own tells."""
    return answered("studies.speed.search_ways", way, case, trials, epochs)


def trials_per_second(done: np.ndarray, warm: bool = False) -> float:
    """Of a whole search, or of what follows its first trial.

    Args:
      done: Trials, and seconds since the search began [marks, 2].
      warm: Whether what came with the first trial is left out.
    """
    first, begin = done[0] if warm else (0.0, 0.0)
    return float((done[-1, 0] - first) / (done[-1, 1] - begin))


def drawn(record: xr.Dataset, machine: str) -> tuple[Figure, Table]:
    """Figure, table and verdicts, from the record alone."""
    counts, ways = json.loads(record.attrs["trials"]), record.way.values.tolist()
    header = ["space and searcher", "way", "trials", "trials/s", "range", "lab.search, times",
              "processor ms a trial"]  # fmt: skip
    rows, verdicts = [], []
    for case in record.case.values.tolist():
        mine = record.rate.sel(case=case, way=LAB).values
        for way in ways:
            rate = record.rate.sel(case=case, way=way).values
            trials = timed(way, counts[case])
            spent = 1000 * float(record.processor_seconds.sel(case=case, way=way).median())
            rows.append([
                case, way, str(trials), f"{np.median(rate):.3g}",
                f"{rate.min():.3g} – {rate.max():.3g}", f"{np.median(mine / rate):.1f}",
                f"{spent:.3g}",
            ])  # fmt: skip
            if way in LIMITS and case == next(iter(counts)):
                claim = f"{case}, at least {LIMITS[way]:.0f} times {way}"
                verdicts.append(f"{claim}: {at_least(mine / rate, LIMITS[way])}.")
    text = (
        f"Breast cancer, Adam, batch {record.attrs['batch']}, {record.attrs['epochs']} epochs a "
        f"trial, networks of two layers of 32 or of the space; {machine}. Every search begins in "
        f"a process where nothing is compiled; medians of {record.sizes['round']} interleaved "
        "rounds with their range. Where a way has fewer trials than lab.search, the first is not "
        "counted. " + " ".join(verdicts) + left_out(WAYS, ways)
    )
    return searches(record, text), Table("Trials per second of a search", header, rows, text)
