"""Records to matplotlib figures, one style; nothing here trains or looks for files."""

from lab.plots.comparison import NAMED, learning_curves, looks, ranking, rate_sensitivity
from lab.plots.speed import speeds
from lab.plots.style import COLOURS, DASHES, caption, label_ends, save, style

__all__ = [
    "COLOURS",
    "DASHES",
    "NAMED",
    "caption",
    "label_ends",
    "learning_curves",
    "looks",
    "ranking",
    "rate_sensitivity",
    "save",
    "speeds",
    "style",
]
