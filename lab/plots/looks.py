"""How an optimizer looks: the same colour and dash in every figure of a study.

At most `NAMED` optimizers are coloured and named, the best by test loss; the others stay grey,
and every one is in the table.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lab.plots.figure_arguments import Colour, Dash
from lab.plots.style import COLOURS, DASHES, GREY
from lab.validation.checks import checked
from lab.validation.kinds import Whole

NAMED = len(COLOURS)


class Look(NamedTuple):
    """How one optimizer is drawn; `order` is 0 for those that stay grey."""

    colour: Colour
    dash: Dash
    order: Whole

    def line(self) -> dict[str, Any]:
        """Keywords of a line."""
        width = 1.6 if self.order else 0.7
        return {"color": self.colour, "ls": self.dash, "lw": width, "zorder": 2 + self.order}

    def band(self) -> dict[str, Any]:
        """Keywords of a filled band."""
        return {"color": self.colour, "lw": 0, "alpha": 0.13, "zorder": 1 + self.order / 100}


@checked
def looks(ranked: list[str]) -> dict[str, Look]:
    """Colours and dashes for the first `NAMED` of a ranking; grey for the rest."""
    return {
        name: Look(COLOURS[i], DASHES[i], NAMED + 2 - i) if i < NAMED else Look(GREY, "-", 0)
        for i, name in enumerate(ranked)
    }


def legend(
    figure: Figure,
    look: Mapping[str, Look],
    says: Mapping[str, str] | None = None,
    others: str = "",
    extra: Sequence[Line2D] = (),
    title: str | None = None,
) -> None:
    """Names to the right of all panels, in the order of `says`, or else of the ranking.

    Args:
      figure: Laid out by the constrained engine.
      look: Of every optimizer.
      says: A label other than the name.
      others: Written behind the number of grey lines.
      extra: Handles below the names.
      title: Above the names.
    """
    says = says or {name: name for name in look}
    lines = [
        Line2D([], [], color=look[name].colour, ls=look[name].dash, label=label)
        for name, label in says.items()
        if look[name].order
    ]
    grey = len(look) - len(lines)
    if grey:
        label = f"{grey} other{'s' * (grey > 1)}{others}"
        lines.append(Line2D([], [], color=GREY, lw=0.9, label=label))
    figure.legend(
        handles=[*lines, *extra],
        loc="outside right center",
        handlelength=3.2,
        title=title,
        alignment="left",
    )
