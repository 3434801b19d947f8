"""Rows in original units are encoded as the preparation of the table encodes them."""

import json

import numpy as np
import pandas as pd
import pytest

import lab
from lab.data.encoding import described_encoding, encoding
from lab.data.scaling import SCALINGS
from lab.validation.errors import InputError

CSV = "age,member,town,income,grade\n" + "".join(
    f"{20 + i * i % 37},{i % 3 == 0},{['Ulm', 'Bonn', 'Kiel', ''][i % 4]},"
    f"{'' if i % 9 == 4 else i * 1.7},{'pass' if i * 7 % 5 > 1 else 'fail'}\n"
    for i in range(60)
)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text(CSV)
    return path


def encoded_as_prepared(source, rows):
    for split in (0, 3):
        found = described_encoding(json.loads(json.dumps(encoding(source, split).described())))
        np.testing.assert_array_equal(found.rows(rows), source.prepare(split).rows["x"])
    return found


@pytest.mark.parametrize("scaling", SCALINGS)
def test_rows_of_a_file_are_encoded_bitwise_as_they_were_prepared(file, scaling):
    source = lab.data.source(lab.data.from_file(file, "grade"), scaling=scaling)
    frame = pd.read_csv(file)
    encoded_as_prepared(source, frame)
    encoded_as_prepared(source, frame[["town", "income", "member", "age"]])  # in any order
    found = encoded_as_prepared(source, file)
    assert found.class_names == ("fail", "pass")
    alone = found.rows(frame.iloc[[7]])  # one row may look otherwise than a column does
    np.testing.assert_array_equal(alone[0], found.rows(frame)[7])


@pytest.mark.parametrize("name", ["breast_cancer", "diabetes", "digits"])
def test_rows_of_bundled_tables_are_encoded_as_they_were_prepared(name):
    table = lab.data.load(name)
    encoded_as_prepared(lab.data.source(table), table.features)


def test_a_target_comes_back_in_its_units():
    table = lab.data.load("diabetes")
    source = lab.data.source(table)
    found, prepared = encoding(source, 1), source.prepare(1)
    back = prepared.rows["y"] * found.target_scale + found.target_offset
    np.testing.assert_allclose(back, table.targets, rtol=1e-5)


def test_what_cannot_be_encoded_is_refused_in_a_sentence(file):
    found = encoding(lab.data.source(lab.data.from_file(file, "grade")), 0)
    frame = pd.read_csv(file)
    with pytest.raises(InputError, match="lack the columns 'age'"):
        found.rows(frame.drop(columns="age"))
    with pytest.raises(InputError, match="'age' must hold numbers"):
        found.rows(frame.assign(age="old"))
    with pytest.raises(InputError, match="infinite"):
        found.rows(frame.assign(age=np.inf))
    with pytest.raises(InputError, match="rows must be"):
        found.rows(np.zeros((3, 2)))
    with pytest.warns(UserWarning, match="'Rome' was never seen"):
        assert not found.rows(frame.assign(town="Rome"))[:, -4:].any()
    whole = encoding(lab.data.source(lab.data.load("diabetes")), 0)
    with pytest.raises(InputError, match="none of those that were trained on"):
        whole.rows(np.full((2, 10), np.nan))
