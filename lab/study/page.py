"""A page: prose with places, which are filled from the summary of a record.

`{figure:NAME}` a picture, with the words behind a colon that say what it shows; `{table}` the first
table, `{table:NAME}` another, `{tables}` all of them; `{claims}` a line for every claim,
`{claim:NAME}` the numbers of one, `{outcome:NAME}` what came of it; `{setting:NAME}` a setting;
`{minutes}` the time it took.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab.study.tables import Table
from lab.validation.errors import UnknownNameError

PLACE = re.compile(r"\{(figure|tables|table|claims|claim|outcome|setting|minutes)(?::([^{}]*))?\}")


def filled(prose: str, found: dict[str, Any], figures: str = "") -> str:
    """The page, with `claims.json` as it was read.

    Args:
      prose: The words of `page.md`.
      found: A summary.
      figures: What stands before the file names of pictures.

    Raises:
      InputError: If a place names what is not there.
    """
    claims = {claim["name"]: claim for claim in found["claims"]}
    tables = {name: Table(**table) for name, table in found["tables"].items()}

    def of(known: dict[str, Any], name: str, kind: str) -> Any:
        if name not in known:
            raise UnknownNameError(f"{kind} on the page of {found['study']}:", name, known)
        return known[name]

    kinds: dict[str, Callable[[str], str]] = {
        "figure": lambda name: _picture(found["study"], name, figures),
        "table": lambda name: str(of(tables, name or next(iter(tables), ""), "table")).strip(),
        "tables": lambda _: "\n\n".join(str(table).strip() for table in tables.values()),
        "claims": lambda _: "\n".join(claim["line"] for claim in found["claims"]),
        "claim": lambda name: of(claims, name, "claim")["numbers"],
        "outcome": lambda name: of(claims, name, "claim")["outcome"],
        "setting": lambda name: _said(of(found["settings"], name, "setting")),
        "minutes": lambda _: minutes(found["seconds"]),
    }
    return PLACE.sub(lambda place: kinds[place[1]](place[2] or ""), prose)


def pictures(prose: str) -> list[str]:
    """The pictures that a page shows."""
    return [p[2].split(":")[0] for p in PLACE.finditer(prose) if p[1] == "figure"]


def _picture(study: str, told: str, figures: str) -> str:
    name, _, shows = told.partition(":")
    return f"![{shows.strip() or name}]({figures}{file_name(study, name)})"


def file_name(study: str, picture: str) -> str:
    """Of a committed picture: `NAME_picture`, or the name alone where they agree."""
    stem, dot, ending = picture.partition(".")
    own = stem == study or stem.startswith(f"{study}_")
    return f"{stem if own else f'{study}_{stem}'}{dot or '.'}{ending or 'png'}"


def minutes(seconds: float) -> str:
    """In words that promise no more than is known."""
    if seconds < 50:
        return f"{max(10, 10 * round(seconds / 10))} seconds"
    halves = max(2, round(seconds / 30))
    half = " and a half" if halves % 2 else ""
    return f"a minute{half}" if halves < 4 else f"{halves // 2}{half} minutes"


def _said(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_said(one) for one in value)
    return (
        f"{value:,}"
        if isinstance(value, int)
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )


def page_of(study: str) -> Path:
    """Where the prose of a study lies."""
    return Path(__file__).parent.parent.parent / "studies" / study / "page.md"
