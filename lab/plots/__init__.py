"""Records to matplotlib figures, one style; nothing here trains or looks for files."""

from lab.plots.best_of_k import best_of_curves
from lab.plots.confusion import confusions
from lab.plots.heat import schedule_heat
from lab.plots.kaplan_meier import survival_curves
from lab.plots.looks import NAMED, Look, looks
from lab.plots.mean_ranks import rank_plot
from lab.plots.optimizer_curves import learning_curves, rate_sensitivity
from lab.plots.profile_curves import performance_profiles
from lab.plots.ranking import ranking
from lab.plots.speed import speeds
from lab.plots.style import COLOURS, DASHES, GREY, caption, label_ends, plain_ticks, save, style

__all__ = [
    "COLOURS",
    "DASHES",
    "GREY",
    "NAMED",
    "Look",
    "best_of_curves",
    "caption",
    "confusions",
    "label_ends",
    "learning_curves",
    "looks",
    "performance_profiles",
    "plain_ticks",
    "rank_plot",
    "ranking",
    "rate_sensitivity",
    "save",
    "schedule_heat",
    "speeds",
    "style",
    "survival_curves",
]
