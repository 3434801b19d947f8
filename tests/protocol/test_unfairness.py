"""Every unfairness that was planted is caught."""

import json
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

import lab
from lab import protocol
from lab.protocol import Comparison, comparable, decide
from lab.spaces import Float
from lab.validation.errors import InputError

NAMES = {"adam": "adam", "sgd": "sgd"}
SPACES = {"adam": Float(1e-3, 1e-1, log=True), "sgd": Float(1e-2, 1e1, log=True)}


def planned(**other):
    settings = {
        "budget": lab.Budget(updates=12), "trials": 3, "splits": (0, 1), "tune_seeds": 2,
        "report_seeds": 3, "evaluations": 2, "batch_size": 16,
    }  # fmt: skip
    return Comparison(NAMES, SPACES, **(settings | other))


@pytest.fixture(scope="module")
def task():
    return lab.tasks.CATALOG["iris"].make(widths=(4,))


@pytest.fixture(scope="module")
def records(task):
    plan = planned()
    return plan.tune(task), plan.audit(task)


def test_a_fair_comparison_is_decided(records):
    assert set(decide(planned(), *records).ranked) == set(NAMES)


def test_seeds_that_tuned_may_not_report(records, task):
    tuning, audited = records
    with pytest.raises(InputError, match="share the seeds"):
        decide(planned(), tuning, audited.assign_coords(seed=tuning.seed.values[0] + range(3)))
    with pytest.raises(InputError, match="report seeds from 2000000"):
        decide(planned(), tuning, audited.assign_coords(seed=[1_000_000, 1_000_001, 1_000_002]))
    with pytest.raises(InputError, match="seeds of another phase"):
        protocol.select(tuning.assign_coords(seed=audited.seed.values[:2]))
    plan = planned()
    with pytest.raises(InputError, match="nothing was tuned on"):
        protocol.audit(task, NAMES, plan.rates(), seeds=[0, 1], budget=plan.budget)


def test_nobody_has_more_trials(records, task):
    plan = planned()
    rates = plan.rates()
    with pytest.raises(InputError, match="same number of trials"):
        lab.sweep(task, NAMES, trials=rates | {"sgd": rates["sgd"][:2]}, budget=plan.budget)
    tuning, audited = records
    fewer = [record.isel(trial=slice(2)) for record in records]
    with pytest.raises(InputError, match="2 trials"):
        decide(plan, *fewer)
    short = tuning.copy(deep=True)
    short.validation_loss.loc[{"optimizer": "sgd", "trial": 2}] = np.nan
    with pytest.raises(InputError, match="lacks runs"):
        decide(plan, short, audited)


def test_a_record_that_holds_test_metrics_selects_nothing(records):
    tuning, audited = records
    with pytest.raises(InputError, match="seeds of another phase"):
        protocol.select(audited)
    with pytest.raises(InputError, match="share the seeds"):
        decide(planned(), audited, audited)
    as_tuning = audited.assign_coords(seed=range(3))  # under false numbers
    with pytest.raises(InputError, match=r"\['test_loss'\].* test rows may select"):
        decide(planned(), as_tuning, audited)
    with pytest.raises(InputError, match=r"\['test_loss'\].* test rows may select"):
        decide(planned(), tuning.assign(test_loss=tuning.validation_loss.isel(step=-1)), audited)


def test_the_values_of_test_rows_reach_no_tuning(records):
    """With every test row replaced by nonsense, tuning has the same bits, and the report others."""
    table = lab.data.load("iris")
    prepared = lab.data.source(table).prepare(0)
    test = prepared.open_test()
    features = np.array(table.features, np.float64)
    features[test] = np.random.default_rng(0).normal(size=features[test].shape) * 100
    other = lab.tasks.supervised(lab.data.source(replace(table, features=features)), widths=(4,))
    same = lab.tasks.supervised(lab.data.source(table), widths=(4,))
    plan = planned(splits=(0,))
    tunings = [plan.tune(each) for each in (same, other)]
    xr.testing.assert_equal(tunings[0], tunings[1])
    reports = [plan.audit(each) for each in (same, other)]
    assert (reports[0].test_loss != reports[1].test_loss).all()


def test_nobody_takes_more_steps(records, task):
    tuning, _ = records
    longer = planned(budget=lab.Budget(updates=24)).audit(task)
    with pytest.raises(InputError, match="12 updates and the report 24"):
        decide(planned(), tuning, longer)
    times = xr.DataArray([1, 2], dims="optimizer")  # one of them trained for 24
    favoured = [r.assign_coords(updates=(times * r.updates).astype(int)) for r in records]
    with pytest.raises(InputError, match="did not spend the declared 12 updates"):
        decide(planned(), *favoured)


@pytest.mark.parametrize(
    "budget", [lab.Budget(updates=24), lab.Budget(examples=12 * 16), lab.Budget(epochs=2)], ids=str
)
def test_other_currencies_and_amounts_do_not_stand_side_by_side(records, task, budget):
    tuning, audited = records
    other = planned(budget=budget)
    with pytest.raises(InputError, match="different budgets"):
        comparable(tuning, other.tune(task))
    comparable(tuning, audited)
    comparable(other.tune(task))
    with pytest.raises(InputError, match="declares"):
        decide(other, tuning, audited)
    told = json.loads(audited.attrs["manifest"])
    told["configuration"]["budget"] = {budget.currency: budget.amount}
    with pytest.raises(InputError, match="different budgets"):
        decide(planned(), tuning, audited.assign_attrs(manifest=json.dumps(told)))


@pytest.mark.parametrize("which", [0, 1], ids=["tuning", "report"])
def test_a_divergence_is_not_dropped(records, which):
    lost = {"optimizer": "sgd", "trial": 2, "split": 1}
    column = ("validation_loss", "test_loss")[which]
    masked = [record.copy(deep=True) for record in records]
    masked[which][column].loc[lost | {"seed": masked[which].seed[0]}] = np.nan
    with pytest.raises(InputError, match="a result, not a gap"):
        decide(planned(), *masked)
    cut = list(records)
    cut[which] = records[which].isel(seed=slice(1, None))  # the whole seed, for everyone
    with pytest.raises(InputError, match="a result, not a gap"):
        decide(planned(), *cut)


def test_a_divergence_counts(records):
    tuning, audited = (record.copy(deep=True) for record in records)
    before = decide(planned(), tuning, audited)
    best = before.ranked[0]
    audited.test_loss.loc[{"optimizer": best, "seed": audited.seed[0]}] = np.inf
    after = decide(planned(), tuning, audited)
    assert after.loss.estimate[after.ranked.index(best)] > before.loss.estimate[0]


@pytest.mark.parametrize("trial", [0, 2])
@pytest.mark.parametrize("label", list(NAMES))
def test_an_optimum_at_the_edge_is_always_marked(records, label, trial):
    tuning, audited = (record.copy(deep=True) for record in records)
    tuning.validation_loss.loc[{"trial": 1}] = 0.0
    assert not any("edge" in words for words in decide(planned(), tuning, audited).warnings)
    tuning.validation_loss.loc[{"optimizer": label, "trial": trial}] = -1.0
    (marked,) = [w for w in decide(planned(), tuning, audited).warnings if "edge" in w]
    assert f"its space: {label};" in marked
