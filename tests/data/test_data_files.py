"""A user's file becomes a table, or one sentence says why not."""

import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.data import Table, from_file, source
from lab.validation.errors import InputError

ROWS = 40


@pytest.fixture
def write(tmp_path):
    def _write(text, name="mine.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return _write


def csv(header, row, rows=ROWS, separator=","):
    """`row(i)` gives the cells of row i."""
    lines = [separator.join(header)]
    lines += [separator.join(str(cell) for cell in row(i)) for i in range(rows)]
    return "\n".join(lines) + "\n"


def mixed(i):
    return (
        i * 0.5 + 1 / 3,
        ["red", "green", ""][i % 3],
        i % 2 == 0,
        "" if i == 7 else i % 5,
        i % 3,
    )


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "marked"])
def test_mixed_columns_are_read(write, separator, mark):
    header = ["size", "colour", "flag", "count", "y"]
    path = write(mark + csv(header, mixed, separator=separator).encode())
    table = from_file(path, target="y")
    assert table.feature_names == ("size", "colour", "flag", "count")
    assert (table.name, table.kind, table.class_names) == (
        "mine",
        "classification",
        ("0", "1", "2"),
    )
    made = source(table)
    assert made.n_features == 1 + 1 + 1 + 3  # size, count, flag, and (missing), green, red
    assert np.isfinite(made.prepare(0).rows["x"]).all()


KINDS = {
    "text": (lambda i: "ab"[i % 2], None, "classification"),
    "booleans": (lambda i: i % 2 == 0, None, "classification"),
    "few whole": (lambda i: i % 20, None, "classification"),
    "few whole floats": (lambda i: float(i % 3), None, "classification"),
    "many whole": (lambda i: i % 21, None, "regression"),
    "floats": (lambda i: i % 3 + 0.5, None, "regression"),
    "few, told": (lambda i: i % 3, "regression", "regression"),
    "floats, told": (lambda i: i % 3 + 0.5, "classification", "classification"),
}


@pytest.mark.parametrize(("y", "told", "kind"), KINDS.values(), ids=KINDS)
def test_what_is_predicted_follows_the_rule(write, y, told, kind):
    path = write(csv(["a", "y"], lambda i: (i * 0.37, y(i))))
    assert from_file(path, target="y", kind=told).kind == kind


def test_weights_and_dropped_columns_are_no_features(write):
    path = write(csv(["a", "w", "later", "y"], lambda i: (i * 0.37, i + 1, i % 2, i % 2)))
    table = from_file(path, target="y", weight="w", drop=["later"])
    assert table.feature_names == ("a",)
    assert table.weights is not None
    np.testing.assert_array_equal(table.weights, np.arange(ROWS) + 1)


HOSTILE = ["__class__", "x y", 'say ""hi""', "naïve 🎲", "0", "weight", "x", "a\nb", "{a!r}", "%s"]


def test_hostile_column_names(write):
    header = [f'"{name}"' for name in HOSTILE]
    path = write(csv([*header, "target"], lambda i: (*np.sin(i + np.arange(10)), i % 2)))
    table = from_file(path, target="target")
    assert table.feature_names == tuple(name.replace('""', '"') for name in HOSTILE)
    assert source(table).n_features == len(HOSTILE)
    assert source(from_file(path, target="{a!r}")).kind == "regression"
    with pytest.raises(InputError, match="did you mean '__class__'"):
        from_file(path, target="__clas__")


USELESS = {
    "constant": (lambda i: 3, "one value only"),
    "empty": (lambda i: "", "one value only"),
    "identifier": (lambda i: f"id-{i}", "text differs in every row"),
    "row number": (lambda i: i, "counts the rows"),
    "backwards": (lambda i: 100 - i, "counts the rows"),
}


@pytest.mark.parametrize(("cell", "reason"), USELESS.values(), ids=USELESS)
def test_columns_that_say_nothing_are_left_out_with_a_warning(write, cell, reason):
    path = write(csv(["a", "odd", "y"], lambda i: (i * 0.37, cell(i), i % 2)))
    with pytest.warns(UserWarning, match=f"column 'odd' of 'mine' is left out: .*{reason}"):
        assert from_file(path, target="y").feature_names == ("a",)


GOOD = csv(["a", "price", "w", "y"], lambda i: (i * 0.37, i + 0.5, i - 3, i % 2))
WRONG = {
    "no column": (GOOD, {"target": "prise"}, "'prise': did you mean 'price'. allowed are a, price"),
    "no weight": (GOOD, {"weight": "ww"}, "unknown column for weight in 'mine'"),
    "no drop": (GOOD, {"drop": ["b"]}, "unknown column for drop in 'mine'"),
    "target dropped": (GOOD, {"drop": ["y"]}, "must not be the weight, nor among"),
    "target weighs": (GOOD, {"weight": "y"}, "must not be the weight"),
    "negative weight": (GOOD, {"weight": "w"}, "positive and finite"),
    "kind": (GOOD, {"kind": "classify"}, "kind must be .* given 'classify'"),
    "text weight": (
        csv(["a", "w", "y"], lambda i: (i * 0.37, "ab"[i % 2], i % 2)), {"weight": "w"},
        "weight column 'w' of 'mine' must hold numbers",
    ),
    "no features": (csv(["y"], lambda i: (i % 2,)), {}, "no column of 'mine' is left"),
    "all constant": (csv(["a", "y"], lambda i: (1, i % 2)), {}, "no column of 'mine' is left"),
    "one class": (csv(["a", "y"], lambda i: (i * 0.37, "k")), {}, "two classes, given only 'k'"),
    "missing target": (
        csv(["a", "y"], lambda i: (i * 0.37, "" if i == 3 else i % 2)), {},
        "target 'y' of 'mine' is missing in 1 of 40 rows",
    ),
    "infinite target": (csv(["a", "y"], lambda i: (i * 0.37, "inf")), {}, "infinite"),
    "infinite feature": (
        csv(["a", "y"], lambda i: ("inf" if i == 3 else i, i % 2)), {}, "column 'a'.*infinite",
    ),
    "numbers as classes": (
        csv(["a", "y"], lambda i: (i * 0.37, i * 1.5)), {"kind": "classification"},
        "40 different values in 40 rows.*kind='regression'",
    ),
    "text as numbers": (
        csv(["a", "y"], lambda i: (i * 0.37, "ab"[i % 2])), {"kind": "regression"},
        "such as 'a', but regression needs numbers",
    ),
    "identifier as target": (
        csv(["a", "y"], lambda i: (i * 0.37, f"id{i}")), {}, "too many to be classes",
    ),
    "names twice": ("a,a,y\n1,2,3\n", {}, "several columns are named 'a'"),
    "names only": ("a,y\n", {}, "no rows"),
    "blank": ("\n\n\n", {}, "holds no table"),
    "longer row": (GOOD + "1,2,3,4,5\n", {}, "cannot be read as a table"),
    "longer rows": (csv(["a", "y"], lambda i: (i, 2, 3)), {}, "cannot be read as a table"),
    "open quote": ('a,y\n"1,2\n', {}, "cannot be read as a table|missing|no rows"),
    "not text": (b"a,y\n\xff\xfe\x00,1\n", {}, "not UTF-8"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "options", "message"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_used_is_refused_in_one_sentence(write, text, options, message):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        with pytest.raises(InputError, match=message) as caught:
            from_file(write(text), **({"target": "y"} | options))
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")


def test_too_many_categories_are_refused(write):
    path = write(csv(["a", "y"], lambda i: (f"word{i // 2}", i % 2), rows=2100))
    with pytest.raises(InputError, match="column 'a' of 'mine' has 1050 different texts"):
        from_file(path)


def test_paths_that_are_no_files(tmp_path, write):
    with pytest.raises(InputError, match=r"no data file at path '.*none\.csv'"):
        from_file(tmp_path / "none.csv")
    with pytest.raises(InputError, match="it is a folder"):
        from_file(tmp_path)
    with pytest.raises(InputError, match="it is an empty file"):
        from_file(write(""))
    with pytest.raises(InputError, match=r"must end in one of .* or \.npz"):
        from_file(write("a,y", "mine.parquet"))


def check_or_refuse(path, target="y"):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        try:
            assert isinstance(from_file(path, target=target), Table)
        except InputError as error:
            assert len(str(error)) < 1000  # noqa: PT017 - either outcome is right


SHARED = settings(
    deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@given(st.binary(min_size=1, max_size=200))
@SHARED
def test_any_bytes_are_read_or_refused(write, garbage):
    check_or_refuse(write(garbage))
    check_or_refuse(write(garbage, "mine.npz"))
    check_or_refuse(write(b"a,y\n" + garbage))


@given(st.text(alphabet='ay01.,;-"\n\t e', max_size=80))
@SHARED
def test_any_cells_are_read_or_refused(write, cells):
    check_or_refuse(write("a,y\n0,1\n1,2\n" + cells))


@given(st.data())
@SHARED
def test_damaged_arrays_are_read_or_refused(npz, data):
    path = npz(x=X, y=Y)
    damaged = bytearray(path.read_bytes())
    for _ in range(3):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(damaged)
    check_or_refuse(path)


@pytest.fixture
def npz(tmp_path):
    def _npz(**arrays):
        np.savez(tmp_path / "mine.npz", **arrays)
        return tmp_path / "mine.npz"

    return _npz


X, Y = np.random.default_rng(0).normal(size=(ROWS, 3)).astype(np.float32), np.arange(ROWS) % 4


def test_arrays_are_read(npz):
    table = from_file(npz(x=X, y=Y, w=Y + 1.0), weight="w")
    np.testing.assert_array_equal(table.features, X)
    np.testing.assert_array_equal(table.targets, Y)
    assert table.features.dtype == np.float32
    assert table.class_names == ("0", "1", "2", "3")
    np.testing.assert_array_equal(table.weights, Y + 1.0)
    assert from_file(npz(X=X, label=Y * 1.5), target="label").kind == "regression"
    assert from_file(npz(x=X, y=np.array(list("ab"))[Y % 2])).class_names == ("a", "b")


def test_images_are_laid_out_in_rows(npz):
    table = from_file(npz(x=np.random.default_rng(0).integers(0, 255, (ROWS, 4, 6)), y=Y))
    assert table.features.shape == (ROWS, 24)
    assert table.image_shape == (4, 6)
    table = from_file(npz(x=np.random.default_rng(0).integers(0, 255, (ROWS, 4, 6, 3)), y=Y))
    assert (table.features.shape, table.image_shape) == ((ROWS, 72), None)


WRONG_ARRAYS = {
    "no x": ({"z": X, "y": Y}, {}, "unknown array for x in 'mine.npz'.*allowed are y, z"),
    "no target": ({"x": X, "label": Y}, {"target": "lable"}, "did you mean 'label'"),
    "x is target": ({"x": X, "y": Y}, {"target": "x"}, "must be another array"),
    "lengths": ({"x": X, "y": Y[:9]}, {}, r"must have a number for each of 40 rows, given \[9\]"),
    "flat": ({"x": X[:, 0], "y": Y}, {}, r"must be numbers \[rows, ...\]"),
    "text": ({"x": X.astype(str), "y": Y}, {}, "must be numbers"),
    "empty": ({"x": X[:0], "y": Y[:0]}, {}, "must be numbers"),
    "pickle": ({"x": np.array([{}, []], object), "y": Y}, {}, "cannot be read as NPZ.*pickle"),
    "nan target": ({"x": X, "y": np.where(Y, Y, np.nan)}, {}, "missing in 10 of 40 rows"),
    "weights": ({"x": X, "y": Y, "w": Y[:3]}, {"weight": "w"}, "40 rows but weights"),
    "drop": ({"x": X, "y": Y}, {"drop": ["a"]}, "drop is for columns of CSV files"),
}


@pytest.mark.parametrize(("arrays", "options", "message"), WRONG_ARRAYS.values(), ids=WRONG_ARRAYS)
def test_arrays_that_cannot_be_used_are_refused(npz, arrays, options, message):
    with pytest.raises(InputError, match=message):
        from_file(npz(**arrays), **options)
