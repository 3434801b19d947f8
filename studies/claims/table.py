"""One table of all claims, from the committed summaries of the studies alone."""

from collections import Counter
from collections.abc import Mapping
from fnmatch import fnmatch
from typing import Any

from lab.study.claims import FAILED, HELD, OPEN
from lab.study.tables import narrow
from studies.claims.published import PUBLISHED
from studies.claims.stability import again, unstable

Summaries = Mapping[str, dict[str, Any]]  # by study, as `claims.json` holds them
SHOWN = 3  # intervals of a claim that the table writes out


def page(found: Summaries, stability: Mapping[str, Any]) -> str:
    """`figures/claims.md`.

    Args:
      found: What is committed.
      stability: What came of fresh sets of seeds, as `figures/claims/stability.json` holds it; of
        a study whose code has changed since it does not count.
    """
    stability = {
        study: one
        for study, one in stability.items()
        if study in found and one["code"] == found[study]["code"]
    }
    claims = [claim for one in found.values() for claim in one["claims"]]
    counts = Counter(claim["outcome"] for claim in claims)
    header = ["claim", "source", "study", "n", "interval", "outcome", "again"]
    rows = [
        [said(claim), claim["source"], linked(study), units(claim), intervals(claim),
         f"**{claim['outcome']}**", again(claim["outcome"], fresh(stability, study, claim))]
        for study, one in found.items() for claim in one["claims"]
    ]  # fmt: skip
    return "\n".join([
        "# All claims", "",
        "<!-- made by python -m studies.claims: never edited by hand -->", "",
        f"The {len(claims)} claims that {len(found)} studies have measured: "
        + ", ".join(f"{counts[outcome]} {outcome}" for outcome in (HELD, FAILED, OPEN)) + ". A "
        "claim holds if the whole interval lies between its limits, and fails if none of it does. "
        "*n*: how many are replicated, and what is resampled; –: nothing is random. *Again*: in "
        "how many fresh sets of seeds and splits the same came out.", "",
        narrow(header, rows), "", "## Published claims", "", narrow(*published(found)), "",
        *([] if not stability else ["## Not stable", "", not_stable(found, stability), ""]),
    ])  # fmt: skip


def published(found: Summaries) -> tuple[list[str], list[list[str]]]:
    """What papers say, with the outcomes of the claims that test it."""
    rows = []
    for number, one in enumerate(PUBLISHED, 1):
        outcomes = Counter(
            claim["outcome"]
            for claim in found.get(one.study, {"claims": []})["claims"]
            if any(fnmatch(claim["name"], name) for name in one.claims)
        )
        told = ", ".join(
            f"**{outcome}**" + (f" ({n} times)" if n > 1 else "") for outcome, n in outcomes.items()
        )
        study = linked(one.study) if one.study else "–"
        rows.append([f"{number}. {one.statement}", one.paper, study, told or one.elsewhere])
    return ["claim", "paper", "study", "outcome"], rows


def not_stable(found: Summaries, stability: Mapping[str, Any]) -> str:
    """Those that fresh seeds and splits do not bear out."""
    rows = [
        [said(claim), linked(study), claim["outcome"], ", ".join(outcomes)]
        for study, one in found.items()
        for claim in one["claims"]
        for outcomes in [fresh(stability, study, claim)]
        if unstable(claim["outcome"], outcomes)
    ]
    if not rows:
        return "None: what was run with fresh seeds and splits came out again in two of three sets."
    return narrow(["claim", "study", "committed", "fresh sets"], rows)


def fresh(stability: Mapping[str, Any], study: str, claim: Mapping[str, Any]) -> list[str]:
    """The outcomes of a claim in fresh sets, if there are any."""
    return stability.get(study, {"claims": {}})["claims"].get(claim["name"], [])


def said(claim: Mapping[str, Any]) -> str:
    """What is claimed, of what."""
    where = f" ({claim['where']})" if claim["where"] else ""
    return claim["statement"] + where


def units(claim: Mapping[str, Any]) -> str:
    """How many of what are replicated."""
    return f"{claim['n']} {claim['unit']}" if claim["n"] else "–"


def intervals(claim: Mapping[str, Any]) -> str:
    """Estimates with their limits, the first few of many; none where nothing is random."""
    if not claim["n"]:
        return "–"
    rows = claim["intervals"]
    told = [
        "{} ({} to {})".format(*("?" if x is None else f"{float(x):.3g}" for x in row))
        for row in rows[:SHOWN]
    ]
    return "; ".join(told + [f"… ({len(rows)} in all)"] * (len(rows) > SHOWN))


def linked(study: str) -> str:
    """A study, with a link to its page."""
    return f"[{study}](pages/{study}.md)"
