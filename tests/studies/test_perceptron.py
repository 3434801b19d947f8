"""The claims about the perceptron are read from its record."""

from dataclasses import replace

from lab.study.folder import opened
from studies.perceptron.__main__ import STUDY
from studies.perceptron.claims import claims
from studies.perceptron.runs import drawn_set


def test_claims_count_what_the_record_holds(smoke):
    record, _ = opened(smoke("perceptron"), STUDY)
    found = {claim.name: claim for claim in claims(record)}
    assert {name: claim.outcome for name, claim in found.items()} == dict.fromkeys(found, "held")
    assert "5, NAND 5, OR 5 of 5 starts" in found["learns_gates"].numbers
    assert found["never_learns_xor"].numbers.startswith("0 of 5 starts")


def test_one_counterexample_is_enough_against_a_theorem(smoke):
    record, _ = opened(smoke("perceptron"), STUDY)
    record["sets"]["mistakes"][0, 0] = 1 + record["sets"]["bound"][0, 0]
    assert {c.name: c.outcome for c in claims(record)}["bound"] == "did not hold"


def test_another_set_of_seeds_draws_other_points():
    fresh = replace(STUDY.settings, fresh=1)
    drawn = [drawn_set(s, s.numbers(1)[0], 0.1)[0] for s in (STUDY.settings, fresh)]
    assert (drawn[0] != drawn[1]).any()
