"""A table is checked once, where it is made, and says what is wrong in one sentence."""

from dataclasses import FrozenInstanceError

import numpy as np
import pandas as pd
import pytest

from lab.data import Table
from lab.validation.errors import InputError

X = np.arange(12.0).reshape(6, 2)
Y = np.array([0, 1, 2, 0, 1, 2])
FRAME = pd.DataFrame({"a": [1.0, np.nan, 3, 4, 5, 6], "b": [*"uvuvu", None]})


def make(**changed):
    given = {"name": "t", "features": X, "targets": Y, "kind": "classification"}
    return Table(**(given | changed))


WRONG = {
    "kind": ({"kind": "clustering"}, "unknown kind 'clustering'"),
    "lengths": ({"targets": Y[:5]}, "6 rows of features but 5 targets"),
    "rank": ({"features": X[:, 0]}, r"numbers \[rows, columns\], given float64 \[6\]"),
    "text": ({"features": X.astype(str)}, "must be numbers"),
    "no rows": ({"features": X[:0], "targets": Y}, "0 rows of 2 features"),
    "no columns": ({"features": X[:, :0]}, "6 rows of 0 features"),
    "infinite": ({"features": np.where(X == 3, np.inf, X)}, "holds infinite values"),
    "huge": ({"features": X * 1e35}, "must stay within ±1e[+]30"),
    "infinite column": ({"features": FRAME.assign(c=np.inf)}, "column 'c' of data 't' holds inf"),
    "dates": ({"features": FRAME.assign(c=pd.Timestamp(0))}, "column 'c'.*datetime"),
    "complex": ({"features": FRAME.assign(c=1j)}, "column 'c'.*complex"),
    "one class": ({"targets": np.zeros(6, int)}, "at least two classes, given only class 0"),
    "gap": (
        {"targets": Y * 2},
        "for its class_names, each of them present, given 0 to 4",
    ),
    "negative class": ({"targets": Y - 1}, "must be 0 to 2"),
    "absent class": ({"class_names": ("a", "b", "c", "d")}, "must be 0 to 3"),
    "float classes": ({"targets": Y.astype(float)}, "must be class numbers"),
    "class twice": (
        {"class_names": ("a", "b", "a")},
        "class_names of data .* must differ, given \\['a'\\]",
    ),
    "nan target": ({"targets": np.where(Y, Y, np.nan), "kind": "regression"}, "not finite in 2"),
    "inf target": ({"targets": np.where(Y, Y, np.inf), "kind": "regression"}, "not finite in 2"),
    "constant": ({"targets": np.ones(6), "kind": "regression"}, "targets that differ"),
    "text target": ({"targets": list("abcdef"), "kind": "regression"}, "must be numbers"),
    "names": ({"feature_names": ("a",)}, "2 features but 1 feature_names"),
    "name twice": (
        {"feature_names": ("a", "a")},
        "feature_names of data .* must differ, given \\['a'\\]",
    ),
    "weights length": ({"weights": np.ones(5)}, r"6 rows but weights \[5\]"),
    "negative weight": ({"weights": [1, 1, 1, 1, 1, -1]}, "positive and finite.*given -1 to 1"),
    "zero weight": ({"weights": [0, 1, 1, 1, 1, 1]}, "leave out rows that should not count"),
    "nan weight": ({"weights": [np.nan, 1, 1, 1, 1, 1]}, "positive and finite"),
    "text weight": ({"weights": list("abcdef")}, "must be numbers"),
    "image": ({"image_shape": (2, 2)}, "does not hold 2 features"),
}


@pytest.mark.parametrize(("changed", "message"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_used_is_refused(changed, message):
    with pytest.raises(InputError, match=message) as caught:
        make(**changed)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


def test_defaults_are_filled_in():
    table = make()
    assert table.feature_names == ("x0", "x1")
    assert table.class_names == ("0", "1", "2")
    assert len(table) == 6
    assert make(features=FRAME).feature_names == ("a", "b")
    assert make(targets=Y * 1.5, kind="regression").class_names == ()


def test_a_table_is_a_copy_and_cannot_be_changed():
    x, frame = X.copy(), FRAME.copy()
    table, other = make(features=x), make(features=frame)
    before = table.sha256(), other.sha256()
    x[0, 0] = 100
    frame.loc[0, "a"] = 100
    assert (table.sha256(), other.sha256()) == before
    with pytest.raises(ValueError, match="read-only"):
        table.targets[0] = 1
    with pytest.raises(FrozenInstanceError):
        table.name = "other"  # pyright: ignore[reportAttributeAccessIssue]


def test_the_hash_is_of_the_contents():
    assert make().sha256() == make(name="other").sha256()
    changes = [
        {"features": X + 1},
        {"features": X.astype(np.float32)},
        {"features": FRAME},
        {"features": FRAME.assign(b=list("uvuvux"))},
        {"features": FRAME.assign(a=FRAME.a.fillna(0))},
        {"targets": Y[::-1]},
        {"weights": np.ones(6)},
        {"feature_names": ("a", "b")},
        {"class_names": ("a", "b", "c")},
        {"kind": "regression"},
    ]
    hashes = {make(**changed).sha256() for changed in changes}
    assert len(hashes - {make().sha256()}) == len(changes)


def test_missing_features_are_allowed():
    make(features=np.where(X == 3, np.nan, X))
    make(features=FRAME)
