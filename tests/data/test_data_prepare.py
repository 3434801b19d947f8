"""Statistics come from training rows only, widths from the whole table, and tests stay sealed."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.data import Source, Table, load, make_split, prepare, source

N = 60
RNG = np.random.default_rng(0)
SPLIT = make_split(Table("t", np.arange(N)[:, None] * 1.0, np.arange(N) % 2, "classification"), 0)


def mixed(numbers=None, texts=None, targets=None, kind="classification", weights=None):
    """A table with every sort of column; N rows."""
    numbers = RNG.normal(3, 5, (N, 2)) if numbers is None else numbers
    frame = pd.DataFrame(numbers, columns=["a", "b"])
    frame["constant"] = 7.0
    frame["flag"] = np.arange(N) % 3 == 0
    frame["colour"] = ["red", "green", None] * (N // 3) if texts is None else texts
    targets = np.arange(N) % 2 if targets is None else targets
    return Table("t", frame, targets, kind, weights=weights)


values = st.floats(-1e6, 1e6) | st.just(float("nan"))


@given(st.lists(values, min_size=2, max_size=2), st.sampled_from(["red", "green", None, "new"]))
@settings(deadline=None, max_examples=20)
def test_what_is_not_trained_on_changes_no_training_row(number, text):
    """The leak test: overwrite every validation and test row; training rows stay, to the bit."""
    before = mixed(numbers := np.arange(2.0 * N).reshape(N, 2) % 17)
    other, texts = numbers.copy(), list(before.features["colour"])
    for row in np.concatenate([SPLIT.validation, SPLIT.test]):
        other[row] = number
        texts[row] = text
    after = prepare(mixed(other, texts), SPLIT)
    x = prepare(before, SPLIT).rows["x"]
    width = 4  # the vocabulary may grow; nothing else may change
    np.testing.assert_array_equal(after.rows["x"][SPLIT.train, :width], x[SPLIT.train, :width])


def test_held_out_targets_and_weights_change_no_training_row():
    targets, weights = RNG.normal(size=N), RNG.uniform(1, 2, N)
    before = prepare(mixed(targets=targets, weights=weights, kind="regression"), SPLIT)
    targets, weights = targets.copy(), weights.copy()
    held = np.concatenate([SPLIT.validation, SPLIT.test])
    targets[held], weights[held] = 1e6, 1e6
    after = prepare(mixed(targets=targets, weights=weights, kind="regression"), SPLIT)
    assert (before.target_scale, before.target_offset) == (after.target_scale, after.target_offset)
    for name in ("y", "weight"):
        np.testing.assert_array_equal(before.rows[name][SPLIT.train], after.rows[name][SPLIT.train])


def test_numbers_are_standardized_over_training_rows():
    x = prepare(mixed(), SPLIT).rows["x"]
    np.testing.assert_allclose(x[SPLIT.train, :2].mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(x[SPLIT.train, :2].std(0), 1, atol=1e-6)
    np.testing.assert_array_equal(x[:, 2], 0)  # constant


def test_missing_numbers_are_the_training_median():
    numbers = RNG.normal(3, 5, (N, 2))
    hole = SPLIT.test[0]
    numbers[hole, 0] = np.nan
    x = prepare(mixed(numbers), SPLIT).rows["x"]
    np.testing.assert_allclose(x[hole, 0], np.median(x[SPLIT.train, 0]), atol=1e-6)


def test_a_column_without_training_values_is_zero():
    numbers = RNG.normal(3, 5, (N, 2))
    numbers[SPLIT.train, 1] = np.nan
    np.testing.assert_array_equal(prepare(mixed(numbers), SPLIT).rows["x"][SPLIT.train, 1], 0)


def test_booleans_and_categories_stay_zero_and_one():
    x = prepare(mixed(), SPLIT).rows["x"]
    np.testing.assert_array_equal(x[:, 3], np.arange(N) % 3 == 0)
    hot = np.eye(3)[np.tile([2, 1, 0], N // 3)]  # (missing), green, red
    np.testing.assert_array_equal(x[:, 4:], hot)


def test_the_width_is_the_same_for_every_split():
    rare = ["rare"] + ["red", "green"] * 29 + ["red"]
    made = source(mixed(texts=rare))
    widths = {made.prepare(seed).rows["x"].shape[1] for seed in range(10)}
    assert widths == {made.n_features} == {7}


def test_outliers_stay_finite():
    numbers = RNG.normal(0, 1e-20, (N, 2))
    numbers[SPLIT.test] = 1e30
    x = prepare(mixed(numbers), SPLIT).rows["x"]
    assert np.isfinite(x).all()
    assert x.max() == 1e6


def test_regression_targets_come_back_in_their_units():
    table = load("diabetes")
    prepared = source(table).prepare(1)
    y = prepared.rows["y"]
    np.testing.assert_allclose(y[prepared.train].mean(), 0, atol=1e-5)
    np.testing.assert_allclose(y[prepared.train].std(), 1, atol=1e-5)
    restored = y * prepared.target_scale + prepared.target_offset
    np.testing.assert_allclose(restored, table.targets, rtol=1e-5)


def test_arrays_have_their_types_and_cannot_be_changed():
    for name, y in (("iris", np.int32), ("diabetes", np.float32)):
        prepared = source(load(name)).prepare(0)
        types = {key: array.dtype for key, array in prepared.rows.items()}
        assert types == {"x": np.float32, "y": y, "weight": np.float32}
        assert prepared.train.dtype == prepared.validation.dtype == np.int32
        for array in (*prepared.rows.values(), prepared.train, prepared.validation):
            with pytest.raises(ValueError, match="read-only"):
                array[:1] = 0


def test_weights_have_mean_one_over_training_rows():
    prepared = prepare(mixed(weights=RNG.uniform(1e-8, 1e-6, N)), SPLIT)
    assert prepared.rows["weight"][prepared.train].mean() == pytest.approx(1, rel=1e-5)
    np.testing.assert_array_equal(prepare(mixed(), SPLIT).rows["weight"], 1)


def test_test_rows_are_sealed():
    prepared = source(load("iris")).prepare(0)
    public = {f.name for f in fields(prepared) if not f.name.startswith("_")}
    assert public == {"rows", "train", "validation", "target_scale", "target_offset"}
    assert "test" not in repr(prepared)
    rows = np.concatenate([prepared.train, prepared.validation, prepared.open_test()])
    np.testing.assert_array_equal(np.sort(rows), np.arange(150))


def test_only_the_data_room_splits_and_only_the_reporting_step_opens():
    root = Path(__file__).parents[2]
    doors = {"open_test(": set(), "make_split(": set(), "._test": set()}
    for path in (*root.glob("lab/**/*.py"), *root.glob("studies/**/*.py")):
        text, place = path.read_text(), path.relative_to(root).as_posix()
        for word, found in doors.items():
            if word in text:
                found.add(place)
    assert doors["open_test("] <= {"lab/data/prepared.py", "lab/protocol/reporting.py"}
    assert doors["make_split("] == {"lab/data/splits.py", "lab/data/sources.py"}
    assert doors["._test"] == {"lab/data/prepared.py"}


def test_a_source_says_what_a_task_asks():
    made = source(load("wine"))
    assert isinstance(made, Source)
    assert (made.name, made.kind, made.n_classes, made.n_features) == (
        "wine",
        "classification",
        3,
        13,
    )
    assert made.sha256 == load("wine").sha256()
    assert source(load("diabetes")).n_classes == 0
    assert made.prepare(0) is made.prepare(0)
    assert not np.array_equal(made.prepare(0).train, made.prepare(1).train)
    assert len(source(load("wine"), train_size=30).prepare(0).train) == 30
