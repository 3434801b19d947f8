"""Records come back equal, and nothing but a record is read."""

import json

import h5py
import numpy as np
import pytest
import xarray as xr

import lab
from lab import records
from lab.files import write_atomically


@pytest.fixture(scope="module")
def record():
    return lab.sweep(
        "iris", ["adam"], axes={"learning_rate": [0.01, 1e30], "nesterov": [False, True]},
        seeds=2, budget=lab.Budget(updates=5), evaluations=2,
    )  # fmt: skip


def test_a_record_is_read_back_equal(record, tmp_path):
    path = lab.save(record, tmp_path / "deep" / "record.nc")
    found = lab.load(path)
    assert found.equals(record)
    assert found.attrs == record.attrs
    assert [p.name for p in path.parent.iterdir()] == ["record.nc"]


def test_a_manifest_says_what_made_the_record(record):
    manifest = records.manifest(record)
    assert manifest["configuration"]["task"] == "iris"
    assert len(manifest["configuration"]["data_sha256"]) == 64
    assert manifest["provenance"]["versions"]["jax"]
    assert manifest["provenance"]["device"]
    json.dumps(manifest)


def test_a_tree_of_records_is_read_back_equal(record, tmp_path):
    tree = records.stamp(xr.DataTree.from_dict({"a/one": record, "a/two": record}), {"x": 1})
    records.save(tree, tmp_path / "tree.nc")
    assert records.load_tree(tmp_path / "tree.nc").equals(tree)


def test_a_failed_write_leaves_what_was_there(record, tmp_path):
    path = lab.save(record, tmp_path / "record.nc")
    before = path.read_bytes()

    def fail(temporary):
        temporary.write_text("half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_atomically(path, fail)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["record.nc"]


def other_format(path, record):
    record.assign_attrs(lab_format=99).to_netcdf(path, engine="h5netcdf")


def no_record(path, record):
    xr.Dataset({"a": ("x", np.arange(3))}).to_netcdf(path, engine="h5netcdf")


def garbage(path, record):
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))


def truncated(path, record):
    lab.save(record, path)
    path.write_bytes(path.read_bytes()[:2000])


def absent(path, record):
    pass


def a_folder(path, record):
    path.mkdir()


def changed(path, record):
    lab.save(record, path)
    with h5py.File(path, "r+") as file:
        file["validation_loss"][0] *= 0.999  # pyright: ignore[reportIndexIssue]


def without_a_variable(path, record):
    lab.save(record, path)
    with h5py.File(path, "r+") as file:
        del file["validation_loss"]


BROKEN = [
    other_format, no_record, garbage, truncated, absent, a_folder, changed, without_a_variable,
]  # fmt: skip


@pytest.mark.parametrize("make", BROKEN)
def test_what_is_no_record_is_refused_in_one_sentence(make, record, tmp_path):
    path = tmp_path / "some.nc"
    make(path, record)
    with pytest.raises(lab.InputError, match=r"some\.nc.*\.$"):
        lab.load(path)


def test_only_records_are_saved(tmp_path):
    with pytest.raises(lab.InputError, match="record to save must be"):
        lab.save(xr.Dataset(), tmp_path / "x.nc")
