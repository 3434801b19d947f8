"""Makes what is committed of studies again: runs them in full, and assembles the pages.

`python -m studies._site.figures` runs all, `python -m studies._site.figures xor momentum` only
these. Pictures go to `figures/`, claims to `figures/claims/NAME.json`.
"""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from lab.files import repository
from lab.study import flags
from lab.study.command import command, fields_of
from lab.study.discovery import FIGURES, ROOT, committed, names
from lab.study.page import file_name
from lab.study.summary import FILE
from studies._site.gallery import assemble, in_course_order

COMMAND = "python -m studies._site.figures"


@dataclass(frozen=True)
class Figures:
    """Flags of the figure maker."""

    studies: Annotated[tuple[str, ...], flags.names(names)] = ()
    """Names of studies, which may also be given as plain words; all by default."""


def make(studies: tuple[str, ...]) -> None:
    """Run, copy, assemble."""
    repository(COMMAND)
    for name in studies or in_course_order(names()):
        folder = ROOT / "runs" / name
        words = [sys.executable, "-m", f"studies.{name}", "--out", str(folder)]
        subprocess.run(words, cwd=ROOT, check=True)
        copy(name, folder, FIGURES)
    assemble(COMMAND)


def copy(name: str, run: Path, to: Path) -> None:
    """Pictures and claims of a run, to where they are committed."""
    for picture in sorted(p for p in run.iterdir() if p.suffix in (".png", ".gif")):
        shutil.copy(picture, to / file_name(name, picture.name))
    (to / "claims").mkdir(exist_ok=True)
    shutil.copy(run / FILE, to / "claims" / committed(name).name)


if __name__ == "__main__":
    if sys.argv[1:] and not sys.argv[1].startswith("-"):
        sys.argv[1:] = [f"--studies={','.join(sys.argv[1:])}"]
    command(__doc__ or "", fields_of(Figures), lambda given: make(given.get("studies", ())))
