"""Comparisons: declared, tuned and reported, by two made-up trials of a single optimizer."""

import numpy as np
import xarray as xr

import lab
from lab.protocol import REPORT, Comparison, phase_seeds, select
from lab.spaces import Float
from tests.bad_input.specimens import Specimen
from tests.bad_input.specimens_tasks import TABLED

SPACES = {"adam": Float(1e-4, 1e-1, log=True)}
PLAN = Comparison(
    {"adam": "adam"}, SPACES, lab.Budget(updates=2), trials=2, splits=(0, 1), tune_seeds=2,
    report_seeds=2,
)  # fmt: skip
RUN = ("optimizer", "trial", "split", "seed")


def made_up(name: str, first: int, *steps: int) -> xr.Dataset:
    """A record with a loss of that name, the seeds from `first` on."""
    shape = (1, 2, 2, 2, *steps)
    losses = np.random.default_rng(0).uniform(1, 2, shape)
    rates = [[row["learning_rate"] for row in PLAN.rates()["adam"]]]
    counts = ("step", [0.0, 2.0])
    return lab.records.stamp(
        xr.Dataset(
            {
                name: ((*RUN, "step")[: len(shape)], losses),
                "diverged_at": (RUN, np.full(shape[:4], -1)),
            },
            {
                "optimizer": ["adam"], "trial": [0, 1], "split": [0, 1],
                "seed": [first, first + 1], "learning_rate": (("optimizer", "trial"), rates),
                "updates": counts, "examples": counts, "unspent": 0.0,
            },
        ),
        {"budget": {"updates": 2}, "fixed": {}},
    )  # fmt: skip


TUNED, AUDITED = made_up("validation_loss", 0, 2), made_up("test_loss", REPORT)
SELECTED = select(TUNED)
TRAINED = {
    "task": TABLED,
    "optimizers": ["adam"],
    "seeds": phase_seeds(REPORT, 2),
    "budget": PLAN.budget,
    "batch_size": 4,
}
TRIALS = {"adam": [{"learning_rate": 0.1, "split": 0}]}
WORK = ("lab.sweeps.engine.run",)

SPECIMENS = (
    Specimen(
        "lab.protocol.Comparison",
        {"optimizers": {"adam": "adam"}, "spaces": SPACES, "budget": lab.Budget(epochs=2)},
    ),
    Specimen("lab.protocol.phase_seeds", {"phase": lab.protocol.CONFIRM, "count": 3}),
    Specimen("lab.protocol.rate_grid", {"spaces": SPACES, "count": 3}),
    Specimen("lab.protocol.at_the_edge", {"comparison": PLAN, "tuning": TUNED}),
    Specimen("lab.protocol.audit", {**TRAINED, "trials": TRIALS}, work=WORK),
    Specimen(
        "lab.protocol.baselines",
        {"task": TABLED, "splits": [0, 1]},
        work=("lab.protocol.baselines._scores",),
    ),
    Specimen("lab.protocol.check_fair", {"comparison": PLAN, "tuning": TUNED, "audited": AUDITED}),
    Specimen("lab.protocol.chosen_trials", {"selection": SELECTED}),
    Specimen(
        "lab.protocol.decide",
        {"comparison": PLAN, "tuning": TUNED, "audited": AUDITED},
        work=("lab.protocol.verdict.tuned_bootstrap",),
    ),
    Specimen("lab.protocol.report", {**TRAINED, "chosen": TRIALS}, work=WORK),
    Specimen("lab.protocol.select", {"tuning": TUNED}),
    Specimen(
        "lab.protocol.target_loss", {"tuning": TUNED, "selection": SELECTED, "reference": "adam"}
    ),
)
