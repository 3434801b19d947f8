"""Records to matplotlib figures, one style; nothing here trains or looks for files."""

from lab.plots.best_of_k import best_of_curves
from lab.plots.confusion import confusions
from lab.plots.looks import NAMED, Look, looks
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
    "looks",
    "plain_ticks",
    "save",
    "style",
]
