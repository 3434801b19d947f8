"""The claims about the perceptron are read from its record."""

from dataclasses import replace

from lab.study.folder import opened
from studies.perceptron.__main__ import STUDY
from studies.perceptron.claims import claims
from studies.perceptron.runs import drawn_set


def test_claims_count_what_the_record_holds(smoke):
    record, _ = opened(smoke("perceptron"), STUDY)
    found = {claim.name: claim for claim in claims(record)}
    assert found["learns_gates"].interval.estimate.tolist() == [1, 1, 1]
    assert found["bound"].interval.estimate == 1
    assert found["never_learns_xor"].interval.estimate == 0
    assert not any(claim.outcome == "did not hold" for claim in found.values())


def test_another_set_of_seeds_draws_other_points():
    fresh = replace(STUDY.settings, fresh=1)
    drawn = [drawn_set(s, s.numbers(1)[0], 0.1)[0] for s in (STUDY.settings, fresh)]
    assert (drawn[0] != drawn[1]).any()
