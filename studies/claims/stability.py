"""Whether the outcomes of claims come again with fresh seeds and splits."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lab.study.claims import FAILED, HELD
from lab.study.code import hashed
from lab.study.discovery import ROOT
from lab.study.summary import FILE

OPPOSITE = {HELD: FAILED, FAILED: HELD}
ABSENT = "absent"  # of a set whose record gives rise to no such claim


def unstable(committed: str, fresh: Sequence[str]) -> bool:
    """Whether an outcome comes again in fewer than 2 of 3 fresh sets, or once as its opposite.

    >>> unstable("held", ["held", "inconclusive", "held"]), unstable("held", ["held", "held"])
    (False, False)
    >>> unstable("held", ["held", "held", "did not hold"]), unstable("inconclusive", ["held"])
    (True, False)
    """
    if committed not in OPPOSITE or not fresh:
        return False
    return 3 * fresh.count(committed) < 2 * len(fresh) or OPPOSITE[committed] in fresh


def again(committed: str, fresh: Sequence[str]) -> str:
    """In how many of the fresh sets the committed outcome came again, in words."""
    return f"{fresh.count(committed)} of {len(fresh)}" if fresh else "–"


def stability(study: str, claims: Sequence[str], sets: int, out: Path) -> dict[str, Any]:
    """The outcomes of a study's claims in fresh sets 1, 2, …, each run in full.

    Args:
      study: Its name.
      claims: Names of the committed claims.
      sets: How many.
      out: Where finished sets are kept, so that a run that was stopped goes on.
    """
    found = [fresh_set(study, number, out) for number in range(1, sets + 1)]
    outcomes = [{claim["name"]: claim["outcome"] for claim in one["claims"]} for one in found]
    return {
        "code": hashed(f"studies.{study}.__main__"),
        "claims": {name: [one.get(name, ABSENT) for one in outcomes] for name in claims},
    }


def fresh_set(study: str, number: int, out: Path) -> dict[str, Any]:
    """The summary of a run with other seeds and splits; made unless this code has made it."""
    kept, folder = out / f"{study}.{number}.json", out / f"{study}.{number}"
    if kept.is_file():
        found = json.loads(kept.read_text())
        if found["code"] == hashed(f"studies.{study}.__main__"):
            return found
    where = ["--resume" if folder.is_dir() else "--out", str(folder)]
    words = [sys.executable, "-m", f"studies.{study}", "--fresh", str(number), *where]
    subprocess.run(words, cwd=ROOT, check=True)
    kept.write_bytes((folder / FILE).read_bytes())
    shutil.rmtree(folder)  # the record: its claims are enough
    return json.loads(kept.read_text())
