"""What earlier versions have written is read right, or refused; it is never read wrong.

`golden/N/` was written by `golden/make.py` with format N and stays as it is.
"""

import shutil
from pathlib import Path

import numpy as np
import pytest

import lab
from lab.sweeps.checkpointing.store import Checkpoints

GOLDEN = Path(__file__).parent / "golden"
FORMATS = sorted(path.name for path in GOLDEN.iterdir() if path.name.isdigit())
LOSS = [1.0260, 1.0248]  # of both seeds at the end, as they were written
ROW = np.array([[5.1, 3.5, 1.4, 0.2], [6.3, 3.3, 6.0, 2.5]])


def test_the_format_that_is_written_is_among_them():
    assert str(lab.records.FORMAT) in FORMATS


@pytest.mark.parametrize("version", FORMATS)
def test_a_record_is_read_right(version):
    record = lab.load(GOLDEN / version / "record.nc")
    assert dict(record.sizes) == {"optimizer": 1, "learning_rate": 1, "seed": 2, "step": 3}
    np.testing.assert_allclose(record.validation_loss.values[0, 0, :, -1], LOSS, atol=1e-4)
    assert record.validation_loss.dtype == np.float32
    assert record.diverged_at.values.ravel().tolist() == [-1, -1]
    assert lab.records.manifest(record)["configuration"]["budget"] == {"updates": 4}


@pytest.mark.parametrize("version", FORMATS)
def test_a_model_is_read_right(version):
    model = lab.load_model(GOLDEN / version / "model.npz")
    shapes = {
        k: v["kernel"].shape
        for k, v in (model.params["hidden_00"] | model.params).items()
        if k in ("dense", "output")
    }
    assert shapes == {"dense": (4, 4), "output": (4, 3)}
    assert {k: model.about["lane"][k] for k in ("optimizer", "learning_rate", "seed")} == {
        "optimizer": "sgd",
        "learning_rate": 0.1,
        "seed": 1,
    }
    np.testing.assert_allclose(model.about["loss"], LOSS[1], atol=1e-4)


@pytest.mark.parametrize("version", FORMATS)
def test_a_predictor_is_read_right(version):
    predictor = lab.load_predictor(GOLDEN / version / "predictor.npz")
    assert predictor.predict(ROW).tolist() == ["setosa", "virginica"]


@pytest.mark.parametrize("version", FORMATS)
def test_a_checkpoint_is_read_right_or_set_aside(version, tmp_path):
    shutil.copytree(GOLDEN / version / "checkpoint", tmp_path / "c")
    store = Checkpoints(tmp_path / "c")
    assert store.identity() == {"what": "a sweep"}
    if version == "1":  # without a checksum over its position
        with pytest.warns(UserWarning, match="position is not what was written"):
            assert store.newest("0" * 64) is None
        return
    found = store.newest("0" * 64)
    assert found is not None
    number, arrays, position = found
    assert (number, position["under_way"]) == (3, [1, [3, 4], []])
    assert arrays["done"].tolist() == [1, 0, 1]
