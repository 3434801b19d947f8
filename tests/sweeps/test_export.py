"""Parameters that a sweep leaves behind are those it was measured at."""

import jax
import numpy as np
import pytest

import lab
from lab.sweeps.results import exports as export


def test_exported_parameters_give_the_metrics_of_the_record(tmp_path):
    table = lab.data.load("iris")
    task = lab.tasks.supervised(lab.data.source(table), widths=(8,), normalization="batch")
    record = lab.sweep(
        task, ["adam"], axes={"learning_rate": [0.1, 1e30]}, seeds=3, evaluations=4,
        budget=lab.Budget(updates=40), export=lab.Export(tmp_path, lambda lane: lane["seed"] == 1),
    )  # fmt: skip
    files = sorted(path.name for path in tmp_path.iterdir())
    assert len(files) == 4
    assert all(name.startswith("adam-1-") for name in files)
    prepared = task.source.prepare(0)
    batch = {k: np.asarray(v)[prepared.validation] for k, v in prepared.rows.items()}
    for name in files:
        model = lab.load_model(tmp_path / name)
        values = task.problem.metrics(model.params, model.model_state, batch, task.hypers)
        np.testing.assert_allclose(np.mean(values["loss"]), model.about["loss"], rtol=1e-5)
        lane = record.sel(
            learning_rate=model.about["lane"]["learning_rate"], seed=1, optimizer="adam"
        )
        loss = lane.validation_loss
        if lane.diverged_at < 0:
            expected = loss.min() if ".best." in name else loss.isel(step=-1)
            np.testing.assert_allclose(model.about["loss"], expected, rtol=1e-6)


def test_any_tree_comes_back(tmp_path):
    class_ = export.Model
    params = ({"a/b": np.ones((2, 0)), "c": np.float32(3)}, [np.arange(3)])
    lab.save_model(class_(params, {}, {"why": "µ"}), tmp_path / "m.npz")
    back = lab.load_model(tmp_path / "m.npz", like=params)
    jax.tree.map(np.testing.assert_array_equal, back.params, params)
    assert back.about == {"why": "µ"}
    lab.save_model(class_(np.ones(2), {}, {}), tmp_path / "bare.npz")
    np.testing.assert_array_equal(lab.load_model(tmp_path / "bare.npz").params, np.ones(2))


def test_what_is_no_model_is_refused(tmp_path):
    path = tmp_path / "m.npz"
    with pytest.raises(lab.InputError, match=r"no model at path|cannot be read as NPZ"):
        lab.load_model(path)
    for content in (b"", b"PK\x03\x04 broken", b"\x80\x04N."):
        path.write_bytes(content)
        with pytest.raises(lab.InputError, match=r"no model at path|cannot be read as NPZ"):
            lab.load_model(path)
    np.savez(path, about=np.array({"a": 1}, object))  # pickled
    with pytest.raises(lab.InputError, match=r"no model at path|cannot be read as NPZ"):
        lab.load_model(path)
    lab.save_model(export.Model({"w": np.ones(1)}, {}, {}), path)
    with pytest.raises(lab.InputError, match="not those of `like`"):
        lab.load_model(path, like={"v": 0})
