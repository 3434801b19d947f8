"""Records what authors' own code does with `problem.py`: `make oracles`, or a few rules by name.

    PYTHON tests/oracles/record_authors.py [--checkouts FOLDER] [NAME ...]

Each file in `recorders/` has a table AUTHORS of what to record and how. A rule's numbers go to
`authors/NAME.json`. Code that is on no package index is imported from FOLDER/owner+name, where
its repository was put by hand; without it those rules are left as they are.
"""

import argparse
import importlib
import json
import pkgutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER))

from problem import KEPT, RATE, SHAPES, T, rates  # noqa: E402

Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Case:
    """One recorded run.

    Attributes:
      name: Such as "plain" or "decayed".
      theirs: Arguments of the authors' optimizer, beside parameters and rate.
      lab: Arguments of the lab's factory for the same, beside the rate.
      scheduled: Whether the rate is the schedule of `problem.rates`.
      rate: Its peak.
      bowl: Whether gradients are those of ½ Σ w², which agree from update to update, rather than
        the given ones: so that what estimates a distance has something to see.
    """

    name: str
    theirs: Mapping[str, Any] = field(default_factory=dict)
    lab: Mapping[str, Any] = field(default_factory=dict)
    scheduled: bool = False
    rate: float = RATE
    bowl: bool = False

    def rates(self) -> np.ndarray:
        """[T]."""
        return rates(self.scheduled, self.rate)


@dataclass(frozen=True)
class Author:
    """Whose code it is, and how it is run.

    Attributes:
      source: Package and version, or owner/name and file of a repository; "independent" if the
        authors published none.
      run: `case -> parameters after every update`, [T, *shape] of every array in `SHAPES` (or of
        fewer, where the code takes fewer); with keys such as "matrix (evaluated)" for the point
        of evaluation, where that is another. Raises ImportError where the code is not at hand.
      cases: What is recorded.
    """

    source: str | Callable[[], str]
    run: Callable[[Case], Arrays]
    cases: tuple[Case, ...]


def checkout(repository: str) -> Path:
    """Where `owner/name` lies; ImportError if nowhere."""
    path = CHECKOUTS / repository.replace("/", "+") if CHECKOUTS else None
    if path is None or not path.exists():
        raise ImportError(f"{repository} is not in --checkouts")
    return path


def authors() -> dict[str, Author]:
    """Of all recorders."""
    found: dict[str, Author] = {}
    for module in pkgutil.iter_modules([str(FOLDER / "recorders")]):
        found |= importlib.import_module(f"recorders.{module.name}").AUTHORS
    return found


def record(name: str, author: Author) -> str:
    """Write a rule's file; says how large it is, or why there is none."""
    cases = {}
    for case in author.cases:
        try:
            paths = author.run(case)
        except ImportError as error:
            return f"{name}: left as it is, {error}"
        assert {key.split(" ")[0] for key in paths} <= set(SHAPES)
        assert all(len(path) == T for path in paths.values())
        cases[case.name] = {
            "lab": dict(case.lab),
            "scheduled": case.scheduled,
            "rate": case.rate,
            "bowl": case.bowl,
            "parameters": {
                key: [np.asarray(path[t - 1], float).tolist() for t in KEPT]
                for key, path in paths.items()
            },
        }
    source = author.source if isinstance(author.source, str) else author.source()
    text = json.dumps({"source": source, "cases": cases}, separators=(",", ":"))
    (FOLDER / "authors" / f"{name}.json").write_text(text + "\n")
    return f"{name}: {source}, {len(text) / 1000:.1f} kB"


CHECKOUTS: Path | None = None


def main() -> None:
    global CHECKOUTS
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkouts", type=Path)
    parser.add_argument("names", nargs="*")
    flags = parser.parse_args()
    CHECKOUTS = flags.checkouts
    for name, author in sorted(authors().items()):
        if not flags.names or name in flags.names:
            print(record(name, author))


if __name__ == "__main__":
    sys.modules["record_authors"] = sys.modules["__main__"]  # so that recorders share CHECKOUTS
    main()
