"""A comparison is declared whole; its phases share settings and no seeds."""

import json

import numpy as np
import pytest

import lab
from lab import protocol
from lab.protocol import Comparison
from lab.spaces import Float
from lab.validation.errors import InputError

SPACES = {"adam": Float(1e-4, 1e-1, log=True), "sgd": Float(1e-3, 1e1, log=True)}
SMALL = {
    "trials": 4, "splits": (0, 3), "tune_seeds": 2, "confirm_seeds": 2, "report_seeds": 3,
    "evaluations": 2, "batch_size": 16,
}  # fmt: skip


def comparison(**other):
    names = {name: name for name in SPACES}
    return Comparison(names, SPACES, lab.Budget(epochs=2), **(SMALL | other))


@pytest.fixture(scope="module")
def task():
    return lab.tasks.CATALOG["iris"].make()


@pytest.fixture(scope="module")
def phases(task):
    plan = comparison()
    tuning = plan.tune(task)
    chosen = protocol.chosen_trials(protocol.select(tuning))
    return tuning, chosen, plan.confirm(task, chosen), plan.report(task, chosen), plan.audit(task)


def test_every_trial_lies_in_a_part_of_its_own():
    plan = comparison(trials=12)
    for label, space in SPACES.items():
        rates = np.log10([row["learning_rate"] for row in plan.rates()[label]])
        low, high = np.log10(space.low), np.log10(space.high)
        assert np.floor((rates - low) / (high - low) * 12).tolist() == list(range(12))


def test_two_names_of_one_optimizer_draw_their_own_trials():
    names = {"first": "adam", "second": "adam"}
    plan = Comparison(names, dict.fromkeys(names, SPACES["adam"]), lab.Budget(epochs=1))
    first, second = (plan.rates()[name] for name in names)
    assert not {row["learning_rate"] for row in first} & {row["learning_rate"] for row in second}
    alone = Comparison({"first": "adam"}, {"first": SPACES["adam"]}, lab.Budget(epochs=1))
    assert alone.rates()["first"] == first  # whoever else takes part
    assert comparison(draw=1).rates() != comparison().rates()


def test_the_hash_is_of_everything_declared():
    plan = comparison()
    assert plan.sha256 == comparison().sha256
    others = [comparison(margin=0.1), comparison(trials=5), plan.widen(10.0), comparison(draw=1)]
    assert len({plan.sha256, *(other.sha256 for other in others)}) == 5


def test_a_declaration_is_read_back():
    plan = comparison().widen(2.0)
    assert Comparison.from_declared(json.loads(json.dumps(plan.declared()))) == plan


def test_everyones_space_is_widened_alike():
    wide = comparison().widen(10.0)
    for label, space in SPACES.items():
        assert (wide.spaces[label].low, wide.spaces[label].high) == (
            space.low / 10,
            space.high * 10,
        )
    assert wide.widened == 10.0


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"trials": 0}, "trials"), ({"splits": ()}, "splits"), ({"margin": -1.0}, "margin")],
)
def test_bad_declarations_are_refused(changes, words):
    with pytest.raises(InputError, match=words):
        comparison(**changes)
    with pytest.raises(InputError, match="space"):
        Comparison({"adam": "adam"}, SPACES, lab.Budget(epochs=1))
    with pytest.raises(InputError, match=r"spaces .*log=True, .*\['adam'\]"):
        Comparison({"adam": "adam"}, {"adam": Float(1e-4, 1e-1)}, lab.Budget(epochs=1))


def test_phases_share_no_seed(phases):
    tuning, _, confirm, report, audit = phases
    seeds = [set(record.seed.values.tolist()) for record in (tuning, confirm, report)]
    assert len(set.union(*seeds)) == sum(map(len, seeds))
    assert set(audit.seed.values.tolist()) == seeds[2]


def test_each_split_has_its_own_selection(phases):
    tuning, chosen, confirm, report, _ = phases
    final = tuning.validation_loss.isel(step=-1).mean("seed")
    for name, rows in chosen.items():
        assert [row["split"] for row in rows] == [0, 3]
        for row in rows:
            trial = int(final.sel(optimizer=name, split=row["split"]).argmin("trial"))
            rate = float(tuning.learning_rate.sel(optimizer=name)[trial])
            assert row["learning_rate"] == rate
    assert confirm["split"].sel(optimizer="adam").values.tolist() == [0, 3]
    assert "seconds" in confirm.coords
    assert not any(str(name).startswith("test_") for name in confirm.data_vars)
    assert report.test_confusion.dims[-2:] == ("actual", "predicted")
    np.testing.assert_allclose(report.test_confusion.sum(("actual", "predicted")), 1)


def test_the_audit_says_of_the_chosen_what_the_report_says(phases):
    """The same lanes in other company: the same bits, on any split."""
    tuning, chosen, _, report, audit = phases
    for name, rows in chosen.items():
        for i, row in enumerate(rows):
            rates = tuning.learning_rate.sel(optimizer=name).values.tolist()
            told = audit.test_loss.sel(optimizer=name, split=row["split"])
            np.testing.assert_array_equal(
                told.isel(trial=rates.index(row["learning_rate"])).values,
                report.test_loss.sel(optimizer=name).isel(trial=i).values,
            )


def test_a_report_can_be_extended_by_seeds(task, phases):
    _, chosen, _, report, _ = phases
    more = comparison(report_seeds=4).report(task, chosen, extend=report)
    assert more.test_loss.notnull().all()
    np.testing.assert_array_equal(more.test_loss.isel(seed=slice(3)), report.test_loss)


def test_baselines_know_what_a_constant_does_not(task):
    found = protocol.baselines(task, (0, 1))
    constant, linear, boosted = found.test_accuracy.mean("split").values
    assert constant < 0.5 < 0.85 < min(linear, boosted)
    diabetes = protocol.baselines(lab.tasks.CATALOG["diabetes"].make(), (0,))
    assert abs(diabetes.test_r2.sel(baseline="constant").item()) < 0.1
    assert diabetes.test_r2.sel(baseline="linear").item() > 0.3
    assert 40 < diabetes.test_rmse.sel(baseline="linear").item() < 70  # in the target's units
