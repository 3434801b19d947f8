"""Every lane is charged in every currency, and budgets in each of them are kept to."""

import numpy as np
import pytest

import lab
from tests.sweeps import small


@pytest.fixture(scope="module")
def task(blobs_xy):
    x, y = blobs_xy
    rows = {"x": x, "y": y}
    return lab.tasks.own(small.init, small.loss, rows, hypers={"init_scale": 1.0})


def run(task, budget, optimizers=("sgd", "adam", "sam_sgd"), **other):
    axes = {"learning_rate": [0.01, 0.1]}
    arguments = {"axes": axes, "batch_size": 10, "evaluations": 4}
    return lab.sweep(task, optimizers, budget=budget, **(arguments | other))


def last(record, currency):
    """The final amount of each optimizer."""
    amount = record[currency].isel(step=-1)
    return amount.broadcast_like(record.optimizer).values.tolist()


def test_rules_are_charged_for_the_gradients_they_take(task):
    record = run(task, lab.Budget(updates=40))
    assert record.updates.dims == ("step",)
    assert last(record, "gradient_evaluations") == [40, 40, 80]
    assert record.gradient_evaluations.dims == ("optimizer", "step")
    sgd, adam, sam = last(record, "flops")
    assert sgd < adam < sam
    assert 1.8 < sam / sgd < 2.2
    assert "seconds" not in record.coords
    assert record.unspent == 0


def test_gradient_evaluations_buy_half_as_many_updates_of_a_rule_that_takes_two(task):
    record = run(task, lab.Budget(gradient_evaluations=41))
    assert last(record, "updates") == [41, 41, 20]
    assert record.unspent.values.tolist() == [0, 0, 1]
    assert last(record, "examples") == [410, 410, 200]
    assert record.updates.sel(optimizer="sam_sgd").values.tolist() == [0, 5, 10, 15, 20]


def test_flops_are_spent_up_to_less_than_an_update(task):
    amount = 2e6
    record = run(task, lab.Budget(flops=amount))
    spent, updates = np.array(last(record, "flops")), np.array(last(record, "updates"))
    np.testing.assert_allclose(spent + record.unspent.values, amount)
    assert (record.unspent < spent / updates).all()
    assert updates[0] > updates[1] > updates[2]


def test_seconds_are_measured_once_and_kept_in_the_record(task):
    budget = lab.Budget(seconds=0.01)
    record = run(task, budget, ["sgd"], seeds=1)
    assert (last(record, "seconds")[0] + record.unspent) == pytest.approx(0.01)
    extended = run(task, budget, ["sgd"], seeds=2, extend=record)
    np.testing.assert_array_equal(extended.seconds, record.seconds)
    np.testing.assert_array_equal(extended.updates, record.updates)
    np.testing.assert_array_equal(
        extended.validation_loss.sel(seed=0), record.validation_loss.sel(seed=0)
    )


def test_a_lane_may_be_timed_beside_any_budget(task):
    record = run(task, lab.Budget(updates=8), ["sgd"], timed=True)
    assert 0 < last(record, "seconds")[0] < 1


def test_schedules_end_with_the_budget_in_any_currency(task):
    """With cosine to zero the last of 20 updates is small, however they were counted."""
    by_updates = run(task, lab.Budget(updates=20), ["sam_sgd"], schedule="cosine_decay_schedule")
    by_gradients = run(
        task, lab.Budget(gradient_evaluations=40), ["sam_sgd"], schedule="cosine_decay_schedule"
    )
    np.testing.assert_array_equal(by_updates.validation_loss, by_gradients.validation_loss)


def test_a_rule_whose_price_depends_on_the_data_cannot_be_given_flops(task):
    with pytest.raises(lab.InputError, match=r"flops is not known beforehand"):
        run(task, lab.Budget(flops=1e6), ["lbfgs"])


def test_a_budget_below_one_update_is_refused(task):
    with pytest.raises(lab.InputError, match=r"pays for no update at batch_size=10"):
        run(task, lab.Budget(flops=10.0), ["sgd"])


def test_a_line_search_is_charged_for_the_gradients_it_took(task):
    record = run(task, lab.Budget(updates=8), ["sgd", "lbfgs"], axes={"learning_rate": [1.0]})
    assert np.isnan(record.gradient_evaluations.sel(optimizer="lbfgs")[1:]).all()
    used = record.gradients_used.sel(optimizer="lbfgs").values.ravel()
    assert (used == np.round(used)).all()
    assert used[0] == 0
    assert (np.diff(used) >= 2 * 2).all()  # two updates, each a gradient and a step at least
    assert record.gradients_used.sel(optimizer="sgd").isnull().all()


def test_a_probe_is_not_charged(task):
    def loss(snapshot):
        return {"twice": 2 * snapshot.loss}

    plain = run(task, lab.Budget(updates=4), ["sgd"])
    probed = run(task, lab.Budget(updates=4), ["sgd"], probe=loss, probe_every=3)
    np.testing.assert_array_equal(probed.flops, plain.flops)
