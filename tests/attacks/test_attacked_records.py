"""Records: no byte changed unnoticed, no reader kept for ever, no attribute interpreted away."""

import json

import h5py
import numpy as np
import pytest
import xarray as xr

import lab
from lab import records

MANIFEST = json.dumps({"configuration": {"budget": {"updates": 5}}, "provenance": {}})


def record(**variables):
    made = xr.Dataset(
        {"loss": ("step", np.linspace(1, 0, 5, dtype=np.float32)), **variables}, {"step": range(5)}
    )
    return made.assign_attrs(lab_format=records.FORMAT, manifest=MANIFEST)


def test_no_damage_goes_unnoticed(tmp_path):
    path, rng = lab.save(record(), tmp_path / "r.nc"), np.random.default_rng(0)
    whole, refused = path.read_bytes(), 0
    for _ in range(400):
        broken, at = bytearray(whole), rng.integers(len(whole) - len(records.SEAL) - 64)
        kind = rng.integers(4)
        if kind == 0:
            broken[at] ^= 1 << int(rng.integers(8))
        elif kind == 1:
            broken[at : at + 40] = rng.bytes(40)
        elif kind == 2:
            del broken[at : at + int(rng.integers(1, 99))]
        else:
            broken[at:at] = rng.bytes(9)
        path.write_bytes(broken)
        with pytest.raises(lab.InputError, match=r"r\.nc.*(damaged|cannot be read)"):
            lab.load(path)
        refused += 1
    assert refused == 400


def test_an_edited_manifest_is_refused(tmp_path):
    path = lab.save(record(), tmp_path / "r.nc")
    content = path.read_bytes()
    assert content.count(b'"updates": 5') >= 1
    path.write_bytes(content.replace(b'"updates": 5', b'"updates": 9'))
    with pytest.raises(lab.InputError, match="damaged"):
        lab.load(path)
    lab.save(record(), path)
    with h5py.File(path, "r+") as file:  # writes no seal
        file.attrs["manifest"] = MANIFEST.replace("5", "9")
    with pytest.raises(lab.InputError, match="carries no hash"):
        lab.load(path)


def test_a_reader_is_not_kept_for_ever(tmp_path, monkeypatch):
    path = tmp_path / "r.nc"
    record().to_netcdf(path, engine="h5netcdf")
    monkeypatch.setattr(records, "PATIENCE_S", 0.5)
    monkeypatch.setattr(records, "_VISIT", "import time; time.sleep(60)")
    with pytest.raises(lab.InputError, match=r"cannot be read within 0\.5 s"):
        lab.load(path)


ATTRIBUTES = {
    "_FillValue": {"_FillValue": np.float32(0.5)},
    "scale_factor": {"scale_factor": 10.0, "add_offset": 1.0},
    "missing_value": {"missing_value": np.float32(1.0)},
    "dates": {"units": "days since 2000-01-01"},
    "durations": {"units": "days"},
    "units": {"units": "1/s", "long_name": "rate"},
}


@pytest.mark.parametrize("attributes", ATTRIBUTES.values(), ids=ATTRIBUTES)
def test_attributes_that_other_readers_interpret_come_back(attributes, tmp_path):
    saved = record()
    saved["loss"].attrs = dict(attributes)
    found = lab.load(lab.save(saved, tmp_path / "r.nc"))
    assert found["loss"].attrs == attributes
    assert found["loss"].dtype == np.float32
    np.testing.assert_array_equal(found["loss"].values, saved["loss"].values)


def test_values_that_are_missing_or_infinite_come_back(tmp_path):
    odd = np.array([np.nan, np.inf, -np.inf, -0.0, 1e-45], np.float32)
    whole = np.array([np.iinfo(np.int64).min, -1, 0, 1, np.iinfo(np.int64).max])
    words = np.array(["", "µ", "a b", "nan", "None"])
    flags = np.array([True, False, True, True, False])
    saved = record(
        odd=("step", odd), whole=("step", whole), words=("step", words), flags=("step", flags)
    )
    found = lab.load(lab.save(saved, tmp_path / "r.nc"))
    for name in ("odd", "whole", "flags"):
        assert found[name].dtype == saved[name].dtype
        assert found[name].values.tobytes() == saved[name].values.tobytes()
    assert found["words"].values.tolist() == words.tolist()
