"""Makes every committed figure again: runs each study in full, and assembles the gallery.

`python -m studies.figures` runs all; `python -m studies.figures optimizers speed` only these;
`--gallery` assembles `figures/README.md` from the pages without running anything.
"""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import tyro

from lab.files import repository
from lab.study.cli import Command, main
from lab.validation.errors import UnknownNameError

ROOT = Path(__file__).parent.parent
FIGURES = ROOT / "figures"
# The order of a course; studies that are not named here follow, by name.
COURSE = (
    "perceptron", "xor", "backpropagation", "losses", "landscapes", "loss_slices",
    "gradient_descent", "momentum", "moving_average", "adaptive", "schedules", "optimizers", "null",
    "depth_and_width", "initialization", "activations", "gradient_flow", "normalization",
    "clipping", "precision", "edge_of_stability",
    "overfitting", "regularization", "early_stopping", "weight_decay", "feature_scaling",
    "model_comparison", "transfer", "one_at_a_time", "tuning",
    "search_methods", "budget_matters", "speed",
)  # fmt: skip


@dataclass(frozen=True)
class Figures(Command):
    """Flags of the figure maker."""

    studies: tyro.conf.Positional[tuple[str, ...]] = ()
    """Names of studies; none for all."""
    gallery: bool = False
    """Only assemble the gallery."""

    def check(self) -> None:
        """Refuse to write beside an installed package."""
        repository("python -m studies.figures")


def in_course_order(names: list[str]) -> list[str]:
    """Names as a course would have them."""
    return sorted(names, key=lambda n: (COURSE.index(n) if n in COURSE else len(COURSE), n))


def available() -> list[str]:
    """Every study that has a page in the gallery."""
    return in_course_order([page.stem for page in (FIGURES / "pages").glob("*.md")])


def make(name: str) -> None:
    """Run one study and copy its pictures, as `NAME_picture`, or `NAME` where they agree."""
    folder = ROOT / "runs" / name
    subprocess.run(
        [sys.executable, "-m", f"studies.{name}", "--out", str(folder)], cwd=ROOT, check=True
    )
    for picture in sorted(p for p in folder.iterdir() if p.suffix in (".png", ".gif", ".svg")):
        own = picture.stem == name or picture.stem.startswith(f"{name}_")
        shutil.copy(picture, FIGURES / (picture.name if own else f"{name}_{picture.name}"))


def gallery() -> str:
    """All pages, one below the other, with a table of contents."""
    names = available()
    pages = {name: (FIGURES / "pages" / f"{name}.md").read_text() for name in names}
    titles = {name: page.splitlines()[0].removeprefix("# ") for name, page in pages.items()}
    contents = "\n".join(
        f"{i}. [{titles[n]}](pages/{n}.md) (`{n}`)" for i, n in enumerate(names, 1)
    )
    body = "\n\n".join(
        "#" + page.replace("](../", "](").strip() for page in pages.values()
    )  # one level down, links from this folder
    return (
        "# Gallery\n\nEvery study of the lab, in the order of a course. Predict first, then look; "
        "each page ends with what was measured. `make figures` makes all of them again.\n\n"
        f"{contents}\n\n{body}\n"
    )


def run(flags: Figures) -> None:
    """Run, assemble."""
    for name in flags.studies:
        if name not in available():
            raise UnknownNameError("study in figures/pages:", name, available())
    for name in [] if flags.gallery else (flags.studies or available()):
        make(name)
    (FIGURES / "README.md").write_text(gallery())


if __name__ == "__main__":
    main(Figures, run)
