"""The speed study counts its operations as documented, and judges as documented."""

import itertools

import numpy as np
import pytest
import xarray as xr

import lab
from lab.search import Lanes, Round
from lab.study import Record
from studies.speed import executors, search_ways
from studies.speed.__main__ import STUDY
from studies.speed.cases import Case
from studies.speed.claims import Asked, claims, judged, slowest
from studies.speed.device import start_on
from studies.speed.search import trials_per_second
from studies.speed.settings import Speed
from studies.speed.tables import chosen, tables


def test_flops_are_the_executed_products():
    parameters = 64 * 128 + 128 * 128 + 128 * 10
    assert Case(64, 128, 64).flops == 6 * 64 * parameters - 2 * 64 * 64 * 128


def test_sizes_are_what_they_are_called():
    def count(widths):
        return sum((m + 1) * n for m, n in itertools.pairwise(widths))

    assert [round(count(w), -3) for _, w in Speed().sizes] == [26000, 9967000]


@pytest.mark.parametrize(
    ("values", "outcome"),
    [
        ([11.0, 12.0, 11.5], "held"),
        ([9.0, 12.0, 9.5], "inconclusive"),
        ([5.0, 5.5, 5.2], "did not hold"),
    ],
)
def test_what_was_expected_is_judged_by_the_interval_over_rounds(values, outcome):
    asked = Asked("a", "At least 10 times", np.array(values), 10.0)
    assert [claim.outcome for claim in judged([asked])] == [outcome]
    other = {"held": "did not hold", "did not hold": "held"}.get(outcome, outcome)
    assert [claim.outcome for claim in judged([asked._replace(at_most=True)])] == [other]


def test_a_second_member_of_a_family_makes_intervals_wider():
    asked = Asked("a", "At least 10 times", np.array([9.0, 12.0, 10.0]), 10.0)
    (alone,) = judged([asked])
    together = next(judged([asked, asked._replace(name="b")]))
    assert together.interval.low < alone.interval.low


def test_the_slowest_rule_counts_with_limits_for_all():
    rng = np.random.default_rng(0)
    optax = rng.uniform(1, 2, (42, 15))
    mine = optax * np.exp(rng.normal(0, 0.01, (42, 15)))
    assert slowest(mine, optax).high < 1.05
    mine[3] *= 1.3
    found = slowest(mine, optax)
    assert 1.2 < found.low < found.estimate < found.high < 1.4
    mine[3, 12:] = optax[3, 12:] = np.nan  # the fewest rounds of a rule
    assert np.isfinite(slowest(mine, optax).high)


@pytest.mark.parametrize(
    ("wall", "own", "outcome"),
    [(0.01, 0.03, "held"), (0.01, 0.06, "did not hold"), (0.09, 0.06, "did not hold")],
)
def test_both_costs_of_checkpoints_must_be_small(wall, own, outcome):
    passed = 100 + np.array([[0.0, 0.1, 0.2], [0.0, 0.1, 0.2]])
    passed[1] *= 1 + wall
    seconds = np.stack([passed, own * passed, 0 * passed + 20], 1)
    record = xr.Dataset(
        {"seconds": (("way", "spent", "round"), seconds)},
        {
            "way": ["without", "with checkpoints"],
            "spent": ["passed", "copying and writing", "between checkpoints"],
        },
        {"megabytes": 40.0},
    )
    (claim,) = claims(Record(Speed(), {"checkpoints": record}))
    assert claim.outcome == outcome
    assert claim.numbers.endswith("20 s apart")


def test_two_processes_are_judged_beside_the_same_devices_in_one_within_a_round():
    rates = {executors.ONE: [200.0, 100.0], executors.POOL: [204.0, 98.0]}
    record = Record(Speed(), {"executors": executors.recorded(rates, 256, 1000)})
    (claim,) = claims(record)
    assert claim.interval.estimate == pytest.approx(1.0)
    assert claim.interval.low == pytest.approx(1 - 0.02 * 12.706, abs=1e-3)
    (table,) = tables(record).values()
    assert [row[3] for row in table.rows] == ["1.00", "1.00"]


def test_a_kind_of_device_that_is_not_here_is_refused_with_what_is():
    start_on(None)
    with pytest.raises(lab.InputError, match=r"--device must be .* which is \d+ x cpu \(cpu\)"):
        start_on("tpu")


def test_a_group_holds_the_most_lanes_that_are_about_as_fast_as_any():
    rate = [[80, 98, 100, 99, 50, 99], [100, 98, 90, 80, 70, 60], [50, 90, 94, 96, 100, 90]]
    record = xr.Dataset(
        {
            "rate": (("net", "width", "round"), np.array(rate, float)[..., None]),
            "state": ("net", [100, 400, 900]),
        },
        {"net": ["small", "middling", "large"], "width": [2, 4, 8, 16, 32, 64]},
        {"kind": "cpu"},
    )
    assert chosen(record) == [(200, 16), (float("inf"), 4)]
    assert chosen(record.assign_attrs(kind="gpu")) == [(200, 64), (float("inf"), 4)]


def test_a_trial_is_the_same_work_in_a_loop_of_steps_as_in_lanes():
    source = lab.data.source(lab.data.load("breast_cancer"))
    task = lab.tasks.supervised(source, widths=search_ways.WIDTHS)
    fixed = {"optimizer": "adam", "batch_size": search_ways.BATCH}
    numbers = {"learning_rate": 0.01, "b1": 0.8, "b2": 0.99, "init_scale": 0.7}
    lanes = Lanes(task, lab.Budget(epochs=3), seeds=[search_ways.SEED], fixed=fixed)
    mine = lanes(Round({0: numbers}, 1.0))[0]
    np.testing.assert_allclose(search_ways.trained(numbers, 3), mine, rtol=1e-4)


def test_trials_per_second_are_of_the_whole_search_or_of_what_follows_the_first_trial():
    done = np.array([[1, 3.0], [2, 4.0], [5, 7.0]])
    assert trials_per_second(done) == pytest.approx(5 / 7)
    assert trials_per_second(done, warm=True) == pytest.approx(1.0)


def test_panels_are_parts():
    from studies.speed.runs import MEASURED

    assert set(MEASURED) == set(Speed().panels) == set(STUDY.smoke.panels)


@pytest.mark.slow
def test_all_ways_train_in_processes_of_their_own():
    record = executors.measure(Speed(rounds=2, executor_lanes=64, executor_updates=10))
    assert dict(record.rate.sizes) == {"case": 1, "way": 3, "round": 2}
    assert (record.rate > 0).all()
