"""Splits are disjoint, cover all rows, keep classes together with their shares, twins together."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.data import Table, load, make_split
from lab.validation.errors import InputError


def table_of(y, x=None, kind="classification"):
    x = np.arange(len(y), dtype=float)[:, None] if x is None else x
    return Table("t", x, np.asarray(y), kind)


def parts(split):
    return split.train, split.validation, split.test


@given(st.integers(0, 2**63 - 1), st.integers(2, 5), st.integers(30, 80), st.booleans())
@settings(deadline=None)
def test_parts_are_disjoint_cover_all_rows_and_keep_twins_together(seed, k, n, few):
    rng = np.random.default_rng(n)
    y = rng.permutation(np.arange(n) % k)
    x = rng.integers(0, 60 if few else 1000, (n, 1)).astype(float)
    split = make_split(table_of(y, x), seed)
    np.testing.assert_array_equal(np.sort(np.concatenate(parts(split))), np.arange(n))
    seen = [set(x[rows, 0]) for rows in parts(split)]
    assert len(set.union(*seen)) == sum(map(len, seen))
    assert set(y[split.train]) == set(range(k))


@pytest.mark.parametrize("name", ["digits", "iris", "wine", "breast_cancer", "diabetes"])
def test_shares_are_kept(name):
    table = load(name)
    split = make_split(table, 3)
    for rows, share in zip(parts(split), (0.6, 0.2, 0.2)):
        assert abs(len(rows) / len(table) - share) < 0.02
        assert rows.dtype == np.int32
        assert (np.diff(rows) > 0).all()
        if table.kind == "classification":
            found = np.bincount(table.targets[rows]) / np.bincount(table.targets)
            np.testing.assert_allclose(found, share, atol=0.02)
        else:
            assert (
                abs(table.targets[rows].mean() - table.targets.mean()) < 0.1 * table.targets.std()
            )


def test_a_split_is_a_function_of_contents_and_seed():
    one, again = make_split(load("iris"), 5), make_split(load("iris"), 5)
    for a, b in zip(parts(one), parts(again)):
        np.testing.assert_array_equal(a, b)
    other = make_split(load("iris"), 6)
    assert not np.array_equal(one.test, other.test)


def test_twins_in_frames_are_found_though_missing_or_mixed():
    frame = pd.DataFrame(
        {"a": [1.0, np.nan, -0.0] * 20, "b": pd.Series(["x", None, 3] * 20, dtype=object)}
    )
    frame["c"] = np.repeat(np.arange(20) % 7, 3)
    split = make_split(Table("t", frame, np.arange(60) % 2, "classification"), 0)
    keys = np.array([repr(row) for row in frame.values.tolist()])
    seen = [set(keys[rows]) for rows in parts(split)]
    assert len(set.union(*seen)) == sum(map(len, seen))


def test_zero_and_minus_zero_are_twins():
    x = np.array([0.0, -0.0] * 30 + list(range(1, 61)))[:, None]
    split = make_split(table_of(np.arange(120) % 2, x), 0)
    assert sum(bool((x[rows] == 0).any()) for rows in parts(split)) == 1


def test_a_rare_class_is_trained_on():
    y = [0] * 50 + [1]
    for seed in range(20):
        assert 50 in make_split(table_of(y), seed).train


def test_fewer_training_rows_are_a_subset_with_the_same_tests():
    table = load("digits")
    full = make_split(table, 1)
    before = np.zeros(0, int)
    for size in (20, 100, 500, len(full.train)):
        split = make_split(table, 1, train_size=size)
        assert len(split.train) == size
        assert set(before) <= set(split.train) <= set(full.train)
        np.testing.assert_array_equal(split.test, full.test)
        np.testing.assert_array_equal(split.validation, full.validation)
        before = split.train


def test_other_fractions():
    split = make_split(table_of(np.arange(1000) % 4), 0, fractions=(0.1, 0.3, 0.6))
    assert [len(rows) for rows in parts(split)] == pytest.approx([100, 300, 600], abs=4)


WRONG = {
    "two shares": (lambda t: make_split(t, 0, (0.5, 0.5)), "three positive shares"),
    "no test": (lambda t: make_split(t, 0, (0.8, 0.2, 0.0)), "three positive shares"),
    "sum": (lambda t: make_split(t, 0, (0.8, 0.2, 0.2)), "add up to 1"),
    "text": (lambda t: make_split(t, 0, "abc"), "three positive shares"),
    "nan": (lambda t: make_split(t, 0, (0.5, float("nan"), 0.5)), "three positive shares"),
    "seed": (lambda t: make_split(t, -1), "seed must be"),
    "train_size": (lambda t: make_split(t, 0, train_size=0), "train_size must be"),
    "train_size float": (lambda t: make_split(t, 0, train_size=3.0), "train_size must be"),
    "too many": (lambda t: make_split(t, 0, train_size=1000), "1 to 18 training rows, given 1000"),
    "class lost": (lambda t: make_split(t, 0, train_size=1), "no training row.*of class"),
    "small": (lambda t: make_split(table_of([0, 1]), 0), "too small to split"),
    "twins only": (
        lambda t: make_split(table_of(np.arange(30) % 2, np.ones((30, 1))), 0),
        r"30 rows \(1 of them different\) is too small to split",
    ),
}


@pytest.mark.parametrize(("call", "message"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_split_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call(table_of(np.arange(30) % 2))
