"""Folds, groups, order in time, learning sets and label noise."""

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import StratifiedKFold

import lab
from lab.data import Table, from_file, load, make_split, source
from lab.validation.errors import InputError


def table_of(n=120, classes=3, **more):
    x = np.random.default_rng(0).normal(size=(n, 2))
    return Table("t", x, np.arange(n) % classes, "classification", **more)


def parts(split):
    return split.train, split.validation, split.test


# Cross-validation


@pytest.mark.parametrize("name", ["iris", "diabetes", "digits"])
def test_over_k_seeds_every_row_is_tested_once_and_validates_once(name):
    table = load(name)
    for repetition in (0, 1):
        splits = [make_split(table, 5 * repetition + fold, folds=5) for fold in range(5)]
        for part in ("validation", "test"):
            rows = np.concatenate([getattr(split, part) for split in splits])
            np.testing.assert_array_equal(np.sort(rows), np.arange(len(table)))
        for split in splits:
            together = np.sort(np.concatenate(parts(split)))
            np.testing.assert_array_equal(together, np.arange(len(table)))


def test_folds_are_as_even_as_those_of_scikit_learn():
    table = table_of(131, 3)
    mine = [make_split(table, fold, folds=5).test for fold in range(5)]
    theirs = [test for _, test in StratifiedKFold(5).split(table.features, table.targets)]
    count = [
        np.sort([np.bincount(table.targets[test], minlength=3) for test in tests], axis=0)
        for tests in (mine, theirs)
    ]
    np.testing.assert_array_equal(*count)
    assert np.ptp([len(test) for test in mine]) <= 1


def test_a_repetition_deals_anew():
    table = table_of()
    first = {tuple(make_split(table, s, folds=4).test) for s in range(4)}
    second = {tuple(make_split(table, s, folds=4).test) for s in range(4, 8)}
    assert len(first | second) == 8


def test_folds_are_an_axis_of_a_sweep():
    task = lab.tasks.CATALOG["iris"].make(widths=(4,), folds=3)
    record = lab.sweep(
        task, ["adam"], axes={"split": range(3), "learning_rate": [0.01]}, seeds=2,
        budget=lab.Budget(updates=4), batch_size=8, evaluations=1,
    )  # fmt: skip
    assert record.sizes.items() >= {"split": 3, "seed": 2}.items()
    assert np.isfinite(record.validation_loss).all()


def test_learning_sets_and_label_noise_are_axes_without_programs_of_their_own(compilations):
    task = lab.tasks.CATALOG["iris"].make(widths=(5,))
    common = {"seeds": 2, "budget": lab.Budget(updates=4), "batch_size": 8, "evaluations": 1}
    axes = {"learning_rate": [0.01], "train_size": [20], "label_noise": [0.0]}
    lab.sweep(task, ["sgd"], axes=axes, **common)
    before = compilations()
    axes |= {"train_size": [20, 40, 60], "label_noise": [0.0, 0.2]}
    record = lab.sweep(task, ["sgd"], axes=axes, **common)
    assert compilations() == before
    last = record.validation_loss.isel(step=-1)
    assert len(np.unique(last)) == last.size


# Groups and times


def test_groups_are_never_parted_though_rows_tie_them_together():
    groups = np.repeat(np.arange(40), 3)
    x = np.random.default_rng(0).normal(size=(120, 2))
    x[5], x[60] = x[0], x[0]  # groups 0, 1 and 20 share a row
    table = Table("t", x, np.arange(120) % 3, "classification", groups=groups)
    for split in [make_split(table, s) for s in range(5)] + [make_split(table, 1, folds=4)]:
        seen = [
            set(np.where(np.isin(groups[rows], [0, 1, 20]), -1, groups[rows]))
            for rows in parts(split)
        ]
        assert sum(map(len, seen)) == len(set.union(*seen))


def test_folds_of_groups_of_any_size_are_even():
    groups = np.repeat(np.arange(30), np.arange(1, 31))
    y = np.random.default_rng(0).integers(0, 2, len(groups))
    x = np.arange(len(groups))[:, None] * 1.0
    table = Table("t", x, y, "classification", groups=groups)
    sizes = [len(make_split(table, fold, folds=5).test) for fold in range(5)]
    assert np.ptp(sizes) < 0.1 * len(groups)


@pytest.mark.parametrize("folds", [None, 4])
def test_the_past_is_trained_on_and_the_future_tested(folds):
    rng = np.random.default_rng(0)
    times = rng.permutation(np.arange(300) // 3)  # three rows at each time
    table = table_of(300, 3, times=times)
    sizes = set()
    for seed in range(4):
        split = make_split(table, seed, folds=folds)
        train, validation, test = (times[rows] for rows in parts(split))
        assert train.max() < validation.min()
        assert validation.max() < test.min()
        sizes.add(len(split.train))
    assert max(sizes) - min(sizes) <= 6


def test_windows_of_a_rolling_origin_test_one_after_the_other():
    table = table_of(200, 2, times=np.arange(200))
    tests = [make_split(table, fold, folds=5).test for fold in range(5)]
    after_first = np.arange(tests[0][0], 200)
    np.testing.assert_array_equal(np.concatenate(tests), after_first)
    assert make_split(table, 0, folds=5).train[0] == 0
    latest = make_split(table, 0, folds=5, train_size=10).train
    np.testing.assert_array_equal(latest, make_split(table, 0, folds=5).train[-10:])


def test_dates_order_as_dates_and_the_columns_are_no_features(tmp_path):
    days = pd.date_range("2023-12-20", periods=60, freq="36h").strftime("%Y-%m-%d %H:%M")
    frame = pd.DataFrame({"when": days, "who": np.arange(60) // 4, "a": np.linspace(0, 1, 60)})
    frame["y"] = np.arange(60) % 2
    frame.sample(frac=1, random_state=0).to_csv(tmp_path / "t.csv", index=False)
    table = from_file(tmp_path / "t.csv", "y", time="when", drop=["who"])
    assert table.feature_names == ("a",)
    order = frame.sample(frac=1, random_state=0).index.to_numpy()
    np.testing.assert_array_equal(table.times, order)
    grouped = from_file(tmp_path / "t.csv", "y", group="who", drop=["when"])
    assert grouped.feature_names == ("a",)
    assert len(set(grouped.groups)) == 15
    assert table.sha256() != grouped.sha256()


WRONG = {
    "both": (lambda: table_of(groups=np.arange(120), times=np.arange(120)), "groups or times"),
    "two groups": (lambda: table_of(groups=np.arange(120) % 2), "at least 3"),
    "two times": (lambda: table_of(times=np.arange(120) % 2), "at least 3 values"),
    "no date": (lambda: table_of(times=np.array(["soon"] * 120)), "numbers or dates"),
    "lost": (lambda: table_of(groups=[None, *range(119)]), "missing in 1 of 120"),
    "short": (lambda: table_of(times=np.arange(3)), "120 rows but times"),
    "folds": (lambda: source(table_of(), folds=2), "at least 3"),
    "past the last": (
        lambda: make_split(table_of(times=np.arange(120)), 3, folds=3),
        "below folds=3",
    ),
    "noise": (lambda: source(table_of(), label_noise=1.0), "share in"),
    "scaling": (lambda: source(table_of(), scaling="minmx"), "minmax"),
}


@pytest.mark.parametrize(("call", "message"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_meant_is_refused(call, message):
    with pytest.raises((InputError, lab.validation.errors.UnknownNameError), match=message):
        call()


# Label noise


def test_noise_is_in_training_labels_only_and_nested():
    table = load("digits")
    clean = source(table).prepare(0)
    wrong = {}
    for share in (0.1, 0.3):
        noisy = source(table, label_noise=share).prepare(0)
        differs = np.flatnonzero(noisy.rows["y"] != clean.rows["y"])
        assert len(differs) == round(share * len(clean.train))
        assert set(differs) <= set(clean.train)
        np.testing.assert_array_equal(noisy.rows["x"], clean.rows["x"])
        wrong[share] = dict(zip(differs, noisy.rows["y"][differs]))
    assert wrong[0.1].items() <= wrong[0.3].items()
    found = np.bincount(
        (np.array(list(wrong[0.3].values())) - table.targets[list(wrong[0.3])]) % 10
    )
    assert found[0] == 0
    assert found[1:].min() > 0.5 * found[1:].mean()


def test_noise_in_numbers_is_in_their_deviations():
    table = load("diabetes")
    clean, noisy = source(table).prepare(0), source(table, label_noise=0.5).prepare(0)

    def units(prepared, rows):
        return prepared.rows["y"][rows] * prepared.target_scale + prepared.target_offset

    error = units(noisy, clean.train) - units(clean, clean.train)
    np.testing.assert_allclose(error.std() / clean.target_scale, 0.5, rtol=0.15)
    held = clean.validation
    np.testing.assert_allclose(units(noisy, held), units(clean, held), rtol=1e-4)


# Scaling


def test_every_scaling_is_that_of_the_training_rows():
    table = load("wine")
    raw = np.asarray(table.features)
    for scaling in lab.data.SCALINGS:
        prepared = source(table, scaling=scaling).prepare(0)
        x, train = prepared.rows["x"], raw[prepared.train]
        expected = {
            "standard": (raw - train.mean(0)) / train.std(0),
            "minmax": (raw - train.min(0)) / (train.max(0) - train.min(0)),
            "whole": (raw - train.mean()) / train.std(),
            "none": raw,
        }[scaling]
        np.testing.assert_allclose(x, expected, rtol=1e-4, atol=1e-5)
