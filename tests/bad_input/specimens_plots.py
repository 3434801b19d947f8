"""Figures: of one task and two labels, the fewest that have an order."""

import matplotlib.pyplot as plt
import numpy as np

from lab import plots
from lab.statistics import Interval
from tests.bad_input.specimens import Specimen

LABELS = ["adam", "sgd"]
LOOK = plots.looks(LABELS)
K = np.arange(1.0, 5.0)
BAND = Interval(1 / K, 0.9 / K, 1.1 / K)
LINES = {"adam": BAND, "sgd": BAND}
FIGURE, AXES = plt.subplots()
plt.close(FIGURE)  # out of pyplot's sight; it can still be drawn on

ARGUMENTS = {
    "best_of_curves": {"curves": {"task": LINES}, "look": LOOK},
    "caption": {"figure": FIGURE},
    "confusions": {"matrices": {"task": ("adam", np.eye(2))}},
    "label_ends": {"axes": AXES, "ends": [(1.0, 0.5, "adam", "black"), (1.0, 0.6, "sgd", "red")]},
    "looks": {"ranked": LABELS},
    "plain_ticks": {"axis": AXES.xaxis},
    "save": {"figure": FIGURE, "path": "figure.png"},
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
