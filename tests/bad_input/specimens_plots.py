"""Figures: of one task and two labels, the fewest that have an order."""

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

from lab import plots
from lab.statistics import Interval, Survival
from tests.bad_input.specimens import Specimen

LABELS = ["adam", "sgd"]
LOOK = plots.looks(LABELS)
K = np.arange(1.0, 5.0)
BAND = Interval(1 / K, 0.9 / K, 1.1 / K)
LINES = {"adam": BAND, "sgd": BAND}
FALLING = Survival(K, np.linspace(0.8, 0.2, 4), np.zeros(4), np.ones(4))
LOSSES = xr.DataArray(
    [[0.1, 0.2], [0.3, 0.1]],
    {"optimizer": LABELS, "schedule": ["constant_schedule", "cosine_decay_schedule"]},
)
RATES = xr.DataArray(
    np.arange(1.0, 9).reshape(2, 2, 2), {"case": ["a", "b"], "way": LABELS, "round": [0, 1]}
)
RANKED = (LABELS, Interval(*np.array([[0.1, 0.2], [0.1, 0.1], [0.2, 0.3]])))
FIGURE, AXES = plt.subplots()
plt.close(FIGURE)  # out of pyplot's sight; it can still be drawn on

ARGUMENTS = {
    "best_of_curves": {"curves": {"task": LINES}, "look": LOOK},
    "caption": {"figure": FIGURE},
    "confusions": {"matrices": {"task": ("adam", np.eye(2))}},
    "label_ends": {"axes": AXES, "ends": [(1.0, 0.5, "adam", "black"), (1.0, 0.6, "sgd", "red")]},
    "learning_curves": {
        "curves": {"task": {"constant_schedule": dict.fromkeys(LABELS, (K, BAND))}},
        "look": LOOK,
        "unit": "updates",
    },
    "looks": {"ranked": LABELS},
    "performance_profiles": {
        "ratios": dict.fromkeys(LABELS, K),
        "look": LOOK,
        "scores": {"adam": 0.5, "sgd": Interval(*np.array([0.4, 0.3, 0.6]))},
        "problems": 4,
    },
    "plain_ticks": {"axis": AXES.xaxis},
    "rank_plot": {"places": {"task": (LABELS, np.full((2, 2), 0.5))}, "overall": RANKED},
    "ranking": {
        "intervals": {"task": RANKED},
        "tied": {"task": ["adam"]},
        "baselines": {"task": {"linear": 0.3}},
    },
    "rate_sensitivity": {
        "tunings": {"task": {name: (K, np.ones((4, 2))) for name in LABELS}},
        "chosen": {"task": dict.fromkeys(LABELS, 2.0)},
        "untrained": {"task": 1.0},
        "look": LOOK,
    },
    "save": {"figure": FIGURE, "path": "figure.png"},
    "schedule_heat": {"losses": {"task": LOSSES}},
    "speeds": {"rate": RATES},
    "survival_curves": {
        "curves": {"task": dict.fromkeys(LABELS, FALLING)},
        "look": LOOK,
        "target": {"task": 0.1},
        "unit": "updates",
    },
}
UNTITLED = ("label_ends", "looks", "plain_ticks", "save")
SPECIMENS = tuple(
    Specimen(
        f"lab.plots.{name}",
        arguments if name in UNTITLED else {**arguments, "text": "A caption."},
        work=("lab.plots.style.write_atomically",),
    )
    for name, arguments in ARGUMENTS.items()
)
