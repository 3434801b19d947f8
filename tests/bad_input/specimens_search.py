"""Spaces and searches: nothing is trained, and no storage is opened."""

from optuna.distributions import FloatDistribution, IntDistribution

import lab
from lab.search import CATALOG, Float, Int, Round, Space, Trial
from tests.bad_input.specimens import Specimen
from tests.bad_input.specimens_tasks import OWN

SPACE = Space({"learning_rate": Float(1e-3, 1e-1, log=True)})
TRIALS = [Trial(n, {"learning_rate": 0.01 * (n + 1)}, {1.0: 0.5}) for n in range(4)]

SPECIMENS = (
    Specimen("lab.search.Float", {"low": 0.1, "high": 1.0}),
    Specimen("lab.search.Int", {"low": 1, "high": 3}),
    Specimen("lab.search.Fixed", {"value": True}),
    Specimen("lab.search.Space", {"parameters": {"layers": Int(1, 3), "rate": Float(0.1, 1)}}),
    Specimen("lab.search.Trial", vars(TRIALS[0])),
    Specimen("lab.search.When", {"parent": "layers", "domain": Int(1, 3), "at_least": 2}),
    Specimen("lab.search.cost", {"rounds": [Round({0: {"rate": 0.1}, 1: {"rate": 0.2}}, 0.5)]}),
    Specimen(
        "lab.search.from_optuna",
        {"distributions": {"rate": FloatDistribution(0.1, 1), "layers": IntDistribution(1, 3)}},
    ),
    Specimen(
        "lab.search.opened",
        {"where": "search.db", "identity": {"name": "mine", "seed": "0"}, "space": SPACE},
        work=("lab.search.storage.optuna",),
    ),
    Specimen("lab.search.Searcher", vars(CATALOG["random"])),
    Specimen("lab.search.best", {"trials": TRIALS}),
    Specimen(
        "lab.search.search",
        {"space": SPACE, "searcher": CATALOG["random"], "train": len, "budget": 3.0},
        free=("enough",),
        work=("lab.search.loop._trained",),
    ),
    Specimen(
        "lab.search.importances",
        {"space": SPACE, "trials": TRIALS},
        work=("lab.search.importance.optuna",),
    ),
    Specimen(
        "lab.search.Lanes",
        {"task": OWN, "budget": lab.Budget(epochs=9), "seeds": [0, 1]},
        work=("lab.search.lanes.Paused",),
    ),
)
