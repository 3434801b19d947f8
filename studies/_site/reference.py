"""Writes the pages that list every optimizer, transform and schedule, from the catalogues.

`python -m studies._site.reference` makes `figures/optimizers.md`, `figures/schedules.md` and
`figures/schedules.png` again; a test tells when they are out of date.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from lab import optimizers, plots, schedules
from lab.files import repository
from lab.study import flags
from lab.study.command import command, fields_of
from lab.study.tables import narrow
from studies._site.schedule_shapes import schedule_shapes

BUDGET = 400
CAPTION = (
    f"Every schedule of the catalogue over a budget of {BUDGET} updates, as its entry's "
    "over(peak, steps) stretches it: rate over peak (dashed: the peak) against the fraction of "
    "the budget. Numbers inside, such as the share of the warm-up, are those of the entry. "
    "“_schedule” is left out of the names."
)
MADE = "<!-- made by python -m studies._site.reference: edit the catalogue, not this file -->"


@dataclass(frozen=True)
class Reference:
    """Flags of the reference."""

    out: Annotated[Path | None, flags.folder()] = None
    """Folder for the pages and the picture; by default figures of the repository."""


def optimizers_page() -> str:
    """The table of optimizers, and that of transforms."""
    rows = []
    for name, entry in optimizers.CATALOG.items():
        costs = f"{entry.gradient_evaluations:g}".replace("nan", "1 + search")
        needs = ", ".join(sorted(entry.needs)) or "–"
        rows.append([
            f"`{name}`", entry.rule, str(entry.state_slots), costs, needs,
            parameters(entry.by_hand), entry.reference,
        ])  # fmt: skip
    parts = {n: f for n in dir(optimizers) if callable(f := getattr(optimizers, n))}
    parts = {n: f for n, f in parts.items() if n not in optimizers.CATALOG}
    others = [[f"`{n}`", summary(f), parameters(f)] for n, f in parts.items() if n != "CATALOG"]
    header = ["name", "rule", "memory", "gradients", "needs", "parameters", "reference"]
    return "\n".join([
        "# Optimizers", "", MADE, "",
        f"The {len(rows)} rules of `lab.optimizers`, each written out by hand. η is the learning "
        "rate, g the gradient, w the parameters. *Memory* counts arrays of the size of the "
        "parameters that the state keeps (beside the parameters and their gradient); "
        "*gradients* counts forward and backward passes per update; *needs* is what `update` "
        "has to be told beside the gradient. Parameters come with their defaults, `*` marks "
        "those that must be given.", "",
        narrow(header, rows), "",
        "## Transforms and parts", "",
        "Links for `optax.chain`, wrappers of rules, and what rules are built of.", "",
        narrow(["name", "what it does", "parameters"], others), "",
    ])  # fmt: skip


def schedules_page() -> str:
    """The table of schedules."""
    rows = [
        [f"`{name}`", summary(e.by_hand), formula(e.by_hand), parameters(e.by_hand), e.reference]
        for name, e in schedules.CATALOG.items()
    ]
    parts = [n for n in dir(schedules) if n != "CATALOG" and n not in schedules.CATALOG]
    for name in parts:
        part = getattr(schedules, name)
        rows.append([f"`{name}`", summary(part), formula(part), parameters(part), "–"])
    header = ["name", "what it does", "η(t)", "parameters", "reference"]
    return "\n".join([
        "# Schedules", "", MADE, "",
        "The learning rate η(t) at update t = 0, 1, …, of `lab.schedules`, each written out by "
        "hand. Every number, lengths included, may be traced.", "",
        "![Every schedule over a budget](schedules.png)", "", CAPTION, "",
        narrow(header, rows), "",
    ])  # fmt: skip


def curves() -> dict[str, np.ndarray]:
    """Every schedule over the budget, with a peak of 1."""
    counts = np.arange(BUDGET)
    return {n: np.asarray(e.over(1.0, BUDGET)(counts)) for n, e in schedules.CATALOG.items()}


def summary(function: Callable[..., Any]) -> str:
    """The first paragraph of a docstring."""
    paragraph = (inspect.getdoc(function) or "").split("\n\n")[0]
    return " ".join(paragraph.split()).removesuffix(".")


def formula(function: Callable[..., Any]) -> str:
    """The first indented lines of a docstring, before its sections; none is a dash."""
    lines: list[str] = []
    for line in (inspect.getdoc(function) or "").splitlines()[1:]:
        if line.startswith("    "):
            lines.append(" ".join(line.split()))
        elif lines or line.endswith(":"):
            break
    return "<br>".join(lines) or "–"


def parameters(function: Callable[..., Any]) -> str:
    """`name=default, …`; a star after those without a default."""
    shown = []
    for parameter in inspect.signature(function).parameters.values():
        default = parameter.default
        if default is inspect.Parameter.empty:
            shown.append(f"{parameter.name}*")
        else:
            text = getattr(default, "__name__", None) or f"{default}"
            text = "…" if " at 0x" in text or len(text) > 30 else text
            shown.append(f"{parameter.name}={text}")
    return "`" + ", ".join(shown) + "`" if shown else "–"


def write(out: Path | None = None) -> None:
    """Write the pages and the picture."""
    out = out or repository("python -m studies._site.reference without --out") / "figures"
    out.mkdir(parents=True, exist_ok=True)
    (out / "optimizers.md").write_text(optimizers_page())
    (out / "schedules.md").write_text(schedules_page())
    plots.save(schedule_shapes(curves(), CAPTION), out / "schedules.png")
    print(f"optimizers.md, schedules.md and schedules.png: {out}")


if __name__ == "__main__":
    command(__doc__ or "", fields_of(Reference), lambda given: write(**given))
