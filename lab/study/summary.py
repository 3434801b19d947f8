"""What is committed of a record: its claims, its small tables, and what they come from."""

import datetime
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lab.records import write_json
from lab.study.claims import Claim
from lab.study.code import hashed
from lab.study.tables import Table
from lab.validation.errors import require

FILE = "claims.json"
LARGEST = 50_000  # bytes
LONGEST = 60  # rows of a table that a page may show; longer ones are files only
KEPT = ("versions", "python", "device", "backend", "revision")  # of the provenance


def summary(
    claims: list[Claim],
    tables: Mapping[str, Table],
    manifest: dict[str, Any],
    seconds: float,
    parts: str,
) -> dict[str, Any]:
    """As `claims.json` holds it.

    Args:
      claims: Of the study.
      tables: By name.
      manifest: Of the record.
      seconds: Of making its parts.
      parts: The module that makes them.
    """
    names = [claim.name for claim in claims]
    twice = sorted({name for name in names if names.count(name) > 1})
    require(not twice, f"claims must have distinct names, given {', '.join(twice)} twice.")
    made, told = manifest["provenance"], manifest["configuration"]
    study, runs = told["study"], hashed(parts)
    return {
        "study": study,
        # claims of today's code about a record of another code are of neither
        "code": hashed(f"studies.{study}.__main__") if told.get("code") == runs else "of another",
        "settings": told["settings"],
        "date": datetime.date.today().isoformat(),
        "made_by": {key: made[key] for key in KEPT if key in made},
        "seconds": round(seconds, 1),
        "claims": [described(claim) for claim in claims],
        "tables": {
            name: {"header": [*t.header], "rows": [[*row] for row in t.rows], "note": t.note,
                   "title": t.title}
            for name, t in tables.items()
            if len(t.rows) <= LONGEST
        },
    }  # fmt: skip


def described(claim: Claim) -> dict[str, Any]:
    """A claim as JSON holds it: limits and intervals as numbers, null where there is none."""
    intervals, limits = (
        np.stack(np.broadcast_arrays(*(np.atleast_1d(np.asarray(v, float)) for v in of)), -1)
        for of in (claim.interval, (claim.low, claim.high))
    )
    return {
        "name": claim.name, "statement": claim.statement, "where": claim.where,
        "source": claim.source, "outcome": claim.outcome, "numbers": claim.numbers,
        "n": claim.n, "unit": claim.unit,
        "intervals": [[_number(x) for x in row] for row in intervals.reshape(-1, 3)],
        "limits": [[_number(x) for x in row] for row in limits.reshape(-1, 2)],
        "line": claim.line,
    }  # fmt: skip


def _number(x: Any) -> float | str | None:
    """Six digits are enough; JSON has no infinity."""
    x = float(x)
    if np.isnan(x):
        return None
    return float(f"{x:.6g}") if np.isfinite(x) else str(x)


def write(found: dict[str, Any], path: Path) -> None:
    """Write it, if it is small.

    Raises:
      InputError: If it is not.
    """
    size = len(json.dumps(found, indent=1))
    require(size <= LARGEST, f"{path} would have {size:,} bytes, {LARGEST:,} are allowed.")
    write_json(found, path)
