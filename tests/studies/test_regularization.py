"""The study of regularization takes a table; its rows and corrections are right."""

import jax
import numpy as np
import pytest
import xarray as xr

import lab
from lab import optimizers
from lab.study.command import run
from studies.regularization import remedies
from studies.regularization.__main__ import STUDY
from studies.regularization.cells import Cell, best, side
from studies.regularization.claims import held, outer
from studies.regularization.runs import cells_of, common
from studies.regularization.settings import Regularization, rows_of

FULL = Regularization()


@pytest.mark.slow
@pytest.mark.parametrize("target", ["kind", "size"])
def test_it_gives_the_same_table_for_a_file(tmp_path, target):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(80, 3))
    kind = np.where(rows[:, 0] > 0, "large", "small")
    lines = ["a,b,kind,size", *(f"{a},{b},{k},{c}" for (a, b, c), k in zip(rows, kind))]
    (tmp_path / "mine.csv").write_text("\n".join(lines))
    out = tmp_path / "out"
    run(STUDY, {"smoke": True, "data": tmp_path / "mine.csv", "target": target, "out": out})
    page = (out / "table.md").read_text()
    assert "## mine, " in page
    assert "all but decoupled decay" in page


def test_groups_and_times_of_a_file_are_named_by_flags(tmp_path):
    lines = ["a,who,y", *(f"{i**0.5},{i // 6},{i % 2}" for i in range(60))]
    (tmp_path / "mine.csv").write_text("\n".join(lines))
    given = {"data": tmp_path / "mine.csv", "target": "y"}
    (grouped,) = Regularization(**given, group="who").sources().values()
    assert len(set(grouped.table.groups)) == 10
    assert grouped.table.feature_names == ("a",)
    (ordered,) = Regularization(**given, time="who").sources().values()
    assert ordered.table.times.max() == 9
    with pytest.raises(lab.validation.errors.InputError, match="--group needs --data"):
        Regularization(group="who").check()


@pytest.mark.parametrize(("name", "left_out"), [("digits", set()), ("mnist1d", {"augmentation"})])
def test_rows_are_each_alone_pairs_all_and_all_but_one(name, left_out):
    rows = rows_of(FULL, FULL.sources()[name])
    alone = {row.names[0] for row in rows.values() if row.kind == "alone"}
    assert alone == set(remedies.REMEDIES) - left_out
    together = set(remedies.TOGETHER) - left_out
    assert set(rows["all"].names) == together
    without = [row for row in rows.values() if row.kind == "without"]
    assert [together - set(row.names) for row in without] == [
        {n} for n in remedies.TOGETHER if n in together
    ]
    assert all(row.against == "all" for row in without)


def test_every_row_has_the_same_number_of_trials():
    rows = rows_of(FULL, FULL.sources()["digits"])
    alone = {name: np.ones(FULL.seeds) for name in remedies.REMEDIES}
    assert {len(cells_of(FULL, row, alone, 1)) for row in rows.values()} == {len(FULL.rates)}


def updated(rule, params):
    """The first update, where the gradient is the parameters."""
    return jax.jit(lambda: rule.update(params, rule.init(params), params)[0])()


def test_at_no_strength_the_rule_is_adam():
    params = {"kernel": np.float32([[1.0, -2.0]]), "bias": np.float32([0.5, 0.1])}
    updates = [updated(rule, params) for rule in (remedies.adam(0.1), optimizers.adam(0.1))]
    np.testing.assert_allclose(updates[0]["kernel"], updates[1]["kernel"], rtol=1e-5)
    np.testing.assert_allclose(updates[0]["bias"], updates[1]["bias"], rtol=1e-5)


def test_the_proximal_map_sees_the_whole_step():
    params = {"kernel": np.float32([[0.3, -0.01]]), "bias": np.float32([0.001])}
    update = updated(remedies.adam(0.1, l1_step=1.0), params)
    np.testing.assert_allclose(params["kernel"] + update["kernel"], [[0.1, 0.0]], atol=1e-6)
    assert params["bias"] + update["bias"] != 0


def test_numbers_that_two_parts_set_are_added():
    told = remedies.numbers({"L1": 0.1, "elastic net": 0.2, "max-norm": 0.5})
    assert told == pytest.approx({"l1": 0.2, "l2": 0.2, "bound": 2.0})


def test_patience_is_a_rule_replayed_on_the_runs_of_a_rate():
    rows = rows_of(FULL, FULL.sources()["digits"])
    cells = cells_of(FULL, rows["early stopping"], {}, 0)
    assert [cell.stopping.patience for cell in cells[:4]] == [16, 8, 4, 2]
    assert common(FULL, rows["all + early stopping"])["evaluations"] == FULL.looks
    assert common(FULL, rows["all"])["evaluations"] == 1
    assert rows["all + early stopping"].against == "all"
    assert cells_of(FULL, rows["none"], {}, 0)[0].stopping is None


def test_of_cells_that_end_alike_the_strongest_is_chosen():
    stopped = [Cell(0.1, {"early stopping": 1 / patience}) for patience in (3, 2, 1)]
    late = np.array([9.0, 3.0, 4.0, 4.0, 2.0, 5.0])  # patience 1 and 2 stop before the least
    early = np.array([9.0, 3.0, 2.0, 4.0, 4.0, 5.0])
    assert best(stopped, np.tile(late, (3, 1))) == 0
    assert best(stopped, np.tile(early, (3, 1))) == 2
    plain = [Cell(0.1, {"dropout": 0.1}), Cell(0.1, {"dropout": 0.5})]
    assert best(plain, np.array([late, early + 1])) == 0


def test_a_choice_at_an_end_of_most_splits_is_told():
    tried = [Cell(rate, {"L1": s}) for rate in (0.1, 0.2, 0.4) for s in (1.0, 2.0)]
    assert [side(lambda c: c.rate, cell, tried) for cell in tried[::2]] == [-1, 0, 1]
    assert side(lambda c: c.strength, tried[1], tried) == 1
    assert side(lambda c: c.strength, Cell(0.1, {}), [Cell(0.1, {}), Cell(0.2, {})]) == 0
    row = xr.Dataset({"rate_side": ("split", [1, 1, 0]), "strength_side": ("split", [-1, 0, 0])})
    assert outer(row) == ["rate +"]


def test_gains_are_paired_and_corrected_together():
    rng = np.random.default_rng(0)
    splits = rng.normal(0.8, 0.05, 12)  # common to all rows
    accuracy = np.stack(
        [splits, splits + 0.03 + 0.001 * rng.normal(size=12), splits + 0.002 * rng.normal(size=12)]
    )
    table = xr.Dataset(
        {"accuracy": (("row", "split"), accuracy), "loss": (("row", "split"), 1 - accuracy)},
        {
            "row": ["none", "good", "useless"],
            "kind": ("row", ["baseline", "alone", "alone"]),
            "against": ("row", ["", "none", "none"]),
        },
    )
    good, useless = held(table).values()
    assert good.verdict == "helps"
    np.testing.assert_allclose(good.interval.estimate, 3, atol=0.1)
    assert good.p == pytest.approx(2 * 2.0**-11)
    assert useless.verdict == "not told apart"
    assert lab.statistics.seeds_needed(29) <= 12  # splits of the full form
