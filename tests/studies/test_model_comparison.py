"""The comparison of models takes a table; rankings and pairs are right."""

import numpy as np
import pytest
import xarray as xr
from scipy import stats

import lab
from lab.study.command import run
from studies.model_comparison.__main__ import STUDY
from studies.model_comparison.claims import by_class
from studies.model_comparison.pairs import pairs, ranked
from studies.model_comparison.ranking import agreement, kendall, names_winner
from studies.model_comparison.runs import ModelComparison


@pytest.mark.slow
@pytest.mark.parametrize("target", ["kind", "size"])
def test_it_takes_a_file(tmp_path, target):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(120, 3))
    lines = ["a,b,kind,size", *(f"{a},{b},{'yes' if a > 0 else 'no'},{c}" for a, b, c in rows)]
    (tmp_path / "mine.csv").write_text("\n".join(lines))
    given = {"data": tmp_path / "mine.csv", "target": target, "smoke": True}
    run(STUDY, {**given, "out": tmp_path / "out"})
    assert "| mine " in (tmp_path / "out" / "table.md").read_text()
    with pytest.raises(lab.InputError, match="--time"):
        run(STUDY, {**given, "time": "a"})


def test_every_model_has_the_same_number_of_trials():
    s = ModelComparison()
    assert {len(strengths) for _, strengths in s.classics} == {len(s.rates)}


def test_agreement_is_kendalls_where_nothing_ties():
    a, b = np.random.default_rng(0).normal(size=(2, 20, 6))
    expected = [stats.kendalltau(*pair).statistic for pair in zip(a, b)]
    np.testing.assert_allclose(kendall(a, b), expected)


def test_the_winner_is_shared_among_the_tied():
    few = np.array([[1.0, 2.0, 3.0], [1.0, 1.0, 3.0], [2.0, 1.0, 3.0]])
    np.testing.assert_array_equal(names_winner(few, np.array([0.0, 1.0, 2.0])), [1, 0.5, 0])


def test_a_ranking_is_never_compared_with_itself():
    """Every repetition ranks the other way round than the sum of the others."""
    error = np.array([[0.0, 1.0], [1.0, 0.0]])[:, :, None, None] * np.ones((2, 2, 3, 2))
    found = agreement(error, folds=3, seeds=2)
    np.testing.assert_array_equal(found.tau, [-1, -1])
    np.testing.assert_array_equal(found.winner, [0, 0])


def test_more_folds_agree_more_where_folds_differ():
    rng = np.random.default_rng(0)
    error = np.arange(4.0)[:, None, None, None] + 2 * rng.normal(size=(4, 10, 8, 1))
    error = error + 0.1 * rng.normal(size=(4, 10, 8, 4))
    one, folds, seeds = (agreement(error, f, s).tau.mean() for f, s in ((1, 1), (4, 1), (1, 4)))
    assert folds > one + 0.2
    assert abs(seeds - one) < 0.1


def test_overlapping_training_sets_take_differences_back():
    rng = np.random.default_rng(0)
    hard = rng.normal(0.1, 0.03, (10, 10, 1))  # common to all models
    error = np.stack([hard, hard + 0.008 + 0.03 * rng.normal(size=hard.shape), hard + 0.1])
    found = xr.Dataset(
        {"error": (("model", "repetition", "fold", "seed"), error), "ratio": ((), 1 / 8)},
        {"model": ["good", "like it", "bad"]},
        {"kind": "classification"},
    )
    assert ranked(found) == ["good", "like it", "bad"]
    tested = {(one.better, one.worse): one for one in pairs(found)}
    assert tested["good", "bad"].p < 1e-6
    level = tested["good", "like it"]
    assert level.naive < 0.05 < level.p
    np.testing.assert_allclose(level.difference.estimate, 0.8, atol=0.7)


def test_the_report_by_class_is_scikit_learns():
    from sklearn.metrics import precision_recall_fscore_support

    rng = np.random.default_rng(0)
    actual, predicted = rng.integers(0, 3, (2, 200))
    confusion = np.zeros((3, 3))
    np.add.at(confusion, (actual, predicted), 1 / 200)
    measured = np.array(precision_recall_fscore_support(actual, predicted)[:3])
    for cells, row in zip(by_class(["a", "b", "c"], confusion), measured.T):
        assert [f"{100 * v:.1f}" for v in row] == cells[1:4]
