"""The studies that there are: packages of `studies` with a page."""

import importlib
from pathlib import Path

from lab.study.study import Study

ROOT = Path(__file__).parent.parent.parent
FIGURES = ROOT / "figures"


def names() -> list[str]:
    """Of all studies, sorted."""
    return sorted(page.parent.name for page in (ROOT / "studies").glob("[a-z]*/page.md"))


def study(name: str) -> Study:
    """The study of a package."""
    return importlib.import_module(f"studies.{name}.__main__").STUDY


def committed(name: str) -> Path:
    """Where the summary of its published record lies."""
    return FIGURES / "claims" / f"{name}.json"
