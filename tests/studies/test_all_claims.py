"""The table of all claims, and what fresh seeds say of them, on made-up summaries."""

import json
from fnmatch import fnmatch

import pytest

from lab.study import discovery
from lab.study.code import hashed
from studies.claims import stability as fresh_sets
from studies.claims.__main__ import STABILITY
from studies.claims.published import PUBLISHED
from studies.claims.table import page


def claim(name, outcome, n=12, **more):
    return {
        "name": name, "statement": f"It is {name}", "where": "", "source": "textbooks",
        "outcome": outcome, "n": n, "unit": "seeds", "intervals": [[1.0, 0.5, "inf"]], **more,
    }  # fmt: skip


def summary(*claims, code="a"):
    return {"code": code, "claims": list(claims)}


FOUND = {
    "budget_matters": summary(
        claim("flip_sgd", "held"),
        claim("flip_lion", "held"),
        claim("flip_muon", "did not hold"),
        claim("several_defaults", "inconclusive", where="digits | wine"),
    ),
    "xor": summary(claim("bound", "held", n=0), claim("many", "held", intervals=[[1, 0, 2]] * 9)),
}
AGAIN = {
    "budget_matters": {
        "code": "a",
        "claims": {
            "flip_sgd": ["held", "inconclusive", "held"],
            "flip_lion": ["held", "held", "did not hold"],
            "flip_muon": ["did not hold", "inconclusive", "absent"],
        },
    },
    "xor": {"code": "of before", "claims": {"many": ["did not hold"] * 3}},
}


def rows(text, start):
    return [line for line in text.splitlines() if line.startswith(f"| {start}")]


def test_a_row_says_what_was_measured_of_what():
    text = page(FOUND, {})
    assert "The 6 claims that 2 studies have measured: 4 held, 1 did not hold, 1 inconc" in text
    assert rows(text, "It is flip_sgd") == [
        "| It is flip_sgd | textbooks | [budget_matters](pages/budget_matters.md) | 12 seeds | "
        "1 (0.5 to inf) | **held** | – |"
    ]
    assert rows(text, "It is several")[0].startswith("| It is several_defaults (digits \\| wine) |")
    assert "| – | – | **held** | – |" in rows(text, "It is bound")[0]
    assert "1 (0 to 2); … (9 in all)" in rows(text, "It is many")[0]
    assert "## Not stable" not in text


def test_published_claims_have_the_outcomes_of_those_that_test_them():
    text = page(FOUND, {})
    flipped = next(i for i, one in enumerate(PUBLISHED, 1) if one.claims == ("flip_*",))
    assert rows(text, f"{flipped}. ")[0].endswith("| **held** (2 times), **did not hold** |")
    assert rows(text, "1. ")[0].endswith("| not tested yet |")  # of no committed study
    assert [len(rows(text, f"{i}. ")) for i in range(1, 17)] == [1] * 15 + [0]


def test_what_does_not_come_again_is_listed():
    text = page(FOUND, AGAIN)
    assert rows(text, "It is flip_sgd")[0].endswith("| 2 of 3 |")
    listed = text.split("## Not stable")[1]
    assert "flip_sgd" not in listed
    assert "| did not hold | did not hold, inconclusive, absent |" in listed
    assert "| held | held, held, did not hold |" in listed
    assert "It is many" not in listed  # another code has made those sets
    assert rows(text, "It is many")[0].endswith("| – |")
    del (
        AGAIN["budget_matters"]["claims"]["flip_lion"],
        AGAIN["budget_matters"]["claims"]["flip_muon"],
    )
    assert "None: what was run" in page(FOUND, AGAIN)


@pytest.mark.parametrize(
    ("committed", "fresh", "said"),
    [("held", [], False), ("held", ["held"] * 3, False), ("held", ["inconclusive", "held"], True),
     ("did not hold", ["held", *["did not hold"] * 9], True), ("inconclusive", ["held"] * 3, False),
     ("held", ["absent", "absent", "held"], True)],
)  # fmt: skip
def test_an_outcome_is_stable_where_two_of_three_sets_say_it_and_none_its_opposite(
    committed, fresh, said
):
    assert fresh_sets.unstable(committed, fresh) is said


def test_sets_are_run_once_and_go_on_where_they_were_stopped(tmp_path, monkeypatch):
    asked = []

    def run(words, cwd, check):
        asked.append(words[2:-1])
        folder = tmp_path / words[-1]
        folder.mkdir(exist_ok=True)
        if len(asked) == 1:
            raise KeyboardInterrupt
        found = summary(claim("bound", "held"), code=hashed("studies.xor.__main__"))
        (folder / "claims.json").write_text(json.dumps(found))

    monkeypatch.setattr(fresh_sets.subprocess, "run", run)
    with pytest.raises(KeyboardInterrupt):
        fresh_sets.stability("xor", ["bound", "gone"], 2, tmp_path)
    found = fresh_sets.stability("xor", ["bound", "gone"], 2, tmp_path)
    assert found["claims"] == {"bound": ["held", "held"], "gone": ["absent", "absent"]}
    assert asked == [
        ["studies.xor", "--fresh", "1", "--out"],
        ["studies.xor", "--fresh", "1", "--resume"],
        ["studies.xor", "--fresh", "2", "--out"],
    ]
    assert fresh_sets.stability("xor", ["bound"], 2, tmp_path)["claims"]["bound"] == ["held"] * 2
    assert len(asked) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["xor.1.json", "xor.2.json"]


def test_the_committed_table_is_up_to_date():
    found = {n: json.loads(discovery.committed(n).read_text()) for n in discovery.names()}
    known = json.loads(STABILITY.read_text()) if STABILITY.is_file() else {}
    written = (discovery.FIGURES / "claims.md").read_text()
    assert written == page(found, known), "run python -m studies.claims"


@pytest.mark.parametrize("one", [one for one in PUBLISHED if one.study], ids=lambda o: o.claims[0])
def test_what_tests_a_published_claim_is_there(one):
    found = json.loads(discovery.committed(one.study).read_text())["claims"]
    for name in one.claims:
        assert any(fnmatch(claim["name"], name) for claim in found), name
