"""Records to matplotlib figures, one style; nothing here trains or looks for files."""

from lab.plots.comparison import NAMED, learning_curves, looks, ranking, rate_sensitivity
from lab.plots.speed import speeds
from lab.plots.style import COLOURS, DASHES, GREY, caption, label_ends, plain_ticks, save, style

__all__ = [
    "COLOURS",
    "DASHES",
    "GREY",
    "NAMED",
    "caption",
    "label_ends",
    "learning_curves",
    "looks",
    "plain_ticks",
    "ranking",
    "rate_sensitivity",
    "save",
    "speeds",
    "style",
]
