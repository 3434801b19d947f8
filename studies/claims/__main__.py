"""Tables all claims of all studies, and finds out which come again with fresh seeds and splits.

`python -m studies.claims` prints and writes `figures/claims.md` from what is committed. With
`--fresh 3` each study is run in full with three other sets of seeds and splits before that, and
`figures/claims/stability.json` says what came of each claim.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from lab.files import repository
from lab.records import write_json
from lab.study import flags
from lab.study.command import command, fields_of
from lab.study.discovery import FIGURES, committed, names, study
from lab.validation.errors import require
from studies.claims.stability import stability
from studies.claims.table import page

STABILITY = FIGURES / "claims" / "stability.json"


@dataclass(frozen=True)
class Claims:
    """Flags of the table of claims."""

    fresh: Annotated[int, flags.whole(1, 99)] = 0
    """Run studies in full with so many fresh sets of seeds and splits."""
    studies: Annotated[tuple[str, ...], flags.names(names)] = ()
    """Only these, separated by commas; by default all whose claims rest on seeds or splits."""
    out: Annotated[Path, flags.folder()] = Path("runs") / "fresh"
    """Where finished sets are kept; what is there is not run again."""


def act(given: dict[str, Any]) -> None:
    """Run what is asked for, and write the table."""
    repository("python -m studies.claims")
    how = Claims(**given)
    found = {
        name: json.loads(committed(name).read_text())
        for name in names()
        if committed(name).is_file()
    }
    able = [name for name in found if replicated(name)] if how.fresh else []
    wrong = sorted(set(how.studies) - set(able))
    require(
        not wrong,
        f"--studies: {', '.join(wrong)} cannot be run with fresh seeds, having none, or no claims "
        "in figures/claims yet; or --fresh is missing.",
    )
    known = json.loads(STABILITY.read_text()) if STABILITY.is_file() else {}
    if how.fresh:
        out = how.out.absolute()
        out.mkdir(parents=True, exist_ok=True)
        for name in how.studies or able:
            claims = [claim["name"] for claim in found[name]["claims"]]
            known[name] = stability(name, claims, how.fresh, out)
            write_json(dict(sorted(known.items())), STABILITY)
    text = page(found, known)
    (FIGURES / "claims.md").write_text(text)
    print(text)


def replicated(name: str) -> bool:
    """Whether a study has fresh seeds and splits at all."""
    return "fresh" in fields_of(study(name).settings)


if __name__ == "__main__":
    command(__doc__ or "", fields_of(Claims), act)
