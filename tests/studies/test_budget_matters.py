"""The study of tuning budgets sees curves that cross, and rankings that flip."""

import numpy as np
import pytest
import xarray as xr

from lab.study import Record
from studies.budget_matters.claims import best_of, claims
from studies.budget_matters.runs import ADAM, ARMS, BudgetMatters


def part(spread, middle=0.0, trials=16, seed=0):
    """Losses whose logarithms are normal; the test loss is the validation loss."""
    loss = np.exp(middle + spread * np.random.default_rng(seed).normal(size=(24, trials)))
    return xr.Dataset(dict.fromkeys(("validation", "test"), (("split", "trial"), loss)))


def outcomes(**parts):
    """Of the claims about SGD and Adam, by name; `sgd_own` is a part, and so on."""
    labels = {"sgd": "SGD", "adam": ADAM}
    found = {f"{kind}/{labels[n]}": part(0.1) for n in labels for kind in ("own", "narrow")}
    found |= {f"default/{label}": part(0.1, 0.5, 1) for label in labels.values()}
    for name, one in parts.items():
        label, kind = name.split("_")
        found[f"{kind}/{labels[label]}"] = one
    arms = tuple(arm for arm in ARMS if arm[0] in labels.values())
    record = Record(BudgetMatters(seeds=24, trials=16, arms=arms), found)
    return {claim.name: claim for claim in claims(record)}


def test_the_best_of_one_is_the_mean_and_of_all_the_least():
    one = part(1.0)
    curve = best_of(one)
    np.testing.assert_allclose(curve[:, 0], np.log(one.test.values).mean(1))
    np.testing.assert_allclose(curve[:, -1], np.log(one.test.values).min(1))


@pytest.mark.parametrize(
    ("sgd", "outcome", "says"),
    [
        (part(3.0, 1.5), "held", "the means cross at k = "),
        (part(0.3, 2.0), "did not hold", "do not cross"),
        (part(0.3, -2.0), "did not hold", "do not cross"),
    ],
)
def test_a_bold_space_overtakes_a_timid_one(sgd, outcome, says):
    claim = outcomes(sgd_own=sgd, adam_own=part(0.3, seed=1))["crossing_sgd_and_adam_rate_only"]
    assert claim.outcome == outcome
    assert says in claim.numbers


def test_rankings_flip_only_where_both_are_shown():
    ahead, behind = part(0.1), part(0.1, 1.0)
    adam = {"adam_own": part(0.1, 0.5), "adam_narrow": part(0.1, 0.5)}
    for narrow, own, outcome in (
        (behind, ahead, "held"),
        (ahead, ahead, "did not hold"),
        (behind, part(0.1, 0.5, seed=1), "inconclusive"),
    ):
        assert (
            outcomes(sgd_narrow=narrow, sgd_own=own, **adam)["flip_sgd_and_adam_rate_only"].outcome
            == outcome
        )


def test_defaults_are_tried_against_as_many_trials():
    own = {"adam_own": part(1.0), "sgd_own": part(1.0, seed=1)}
    found = outcomes(**own, adam_default=part(0.1, -1.0, 1), sgd_default=part(0.1, -1.1, 1))
    assert "Trying 2 optimizers" in found["several_defaults"].statement
    assert found["several_defaults"].outcome == "held"
    assert found["tuning_sgd"].n == 24


def test_one_range_is_for_arms_that_search_the_rate_alone():
    assert [arm[0] for arm in ARMS if len(arm[2]) == 1] == ["SGD", ADAM, "RMSProp", "AdaGrad"]
