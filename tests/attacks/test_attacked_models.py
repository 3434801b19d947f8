"""Exported models: their own names, nothing half, nothing forged, no training lost for a disk."""

import errno
import zipfile

import jax.numpy as jnp
import numpy as np
import pytest

import lab
from lab.sweeps.results import exports

SETTINGS = {
    "axes": {"learning_rate": [0.1]},
    "budget": lab.Budget(updates=4),
    "evaluations": 2,
    "progress": False,
}


def model():
    layers = {f"Dense_{i}": {"kernel": np.full((3, 2), i, np.float32)} for i in range(3)}
    return exports.Model(layers, {}, {"updates": 3})


def rewritten(path, change):
    """The file again, with what `change` makes of its members."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in change(members).items():
            archive.writestr(name, content)


def npy(array):
    import io

    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


FORGED = {
    "without its last layer": lambda m: {k: v for k, v in m.items() if "Dense_2" not in k},
    "another number": lambda m: m | {"params/Dense_1/kernel.npy": npy(np.zeros((3, 2), "f4"))},
    "another shape": lambda m: m | {"params/Dense_1/kernel.npy": npy(np.ones((2, 3), "f4"))},
    "one more": lambda m: m | {"params/Dense_3/kernel.npy": npy(np.ones((3, 2), "f4"))},
    "a leaf that is a folder": lambda m: {
        "about.npy": npy(np.array("{}")), "params/a.npy": npy(np.ones(1)),
        "params/a/b.npy": npy(np.ones(1)),
    },
    "about a list": lambda m: m | {"about.npy": npy(np.array("[1, 2]"))},
    "about a number": lambda m: m | {"about.npy": npy(np.array("3"))},
    "leaves of another type": lambda m: m | {"about.npy": npy(np.array('{"leaves": 3}'))},
    "a shape beyond int64": lambda m: m | {
        "params/Dense_1/kernel.npy": npy(np.ones((3, 2), "f4")).replace(b"2)", b"2" * 30 + b")", 1)
    },
}  # fmt: skip


@pytest.mark.parametrize("change", FORGED.values(), ids=FORGED)
def test_a_forged_model_is_refused(change, tmp_path):
    path = lab.save_model(model(), tmp_path / "m.npz")
    rewritten(path, change)
    with pytest.raises(lab.InputError, match=r"m\.npz.*\.$"):
        lab.load_model(path)


def test_random_damage_is_refused_or_without_effect(tmp_path):
    path, rng = lab.save_model(model(), tmp_path / "m.npz"), np.random.default_rng(0)
    whole = path.read_bytes()
    for _ in range(300):
        broken = bytearray(whole)
        at, length = rng.integers(len(whole)), rng.integers(1, 40)
        broken[at : at + length] = rng.bytes(length) if rng.random() < 0.7 else b""
        path.write_bytes(broken)
        try:
            found = lab.load_model(path)
        except lab.InputError:
            continue
        for name, layer in model().params.items():
            np.testing.assert_array_equal(found.params[name]["kernel"], layer["kernel"])
        assert len(found.params) == 3


def test_numbers_of_16_bits_come_back(tmp_path):
    params = {"w": jnp.arange(3, dtype=jnp.bfloat16)}
    found = lab.load_model(lab.save_model(exports.Model(params, {}, {}), tmp_path / "m.npz"))
    assert found.params["w"].dtype == jnp.bfloat16
    np.testing.assert_array_equal(found.params["w"], params["w"])


def test_two_tasks_in_one_folder_keep_to_themselves(tmp_path):
    for task in ("iris", "wine"):
        lab.sweep(task, ["sgd"], seeds=1, export=lab.Export(tmp_path), **SETTINGS)
    lab.sweep("iris", ["sgd"], seeds=1, export=lab.Export(tmp_path), **SETTINGS)  # itself again
    files = [lab.load_model(path).about for path in tmp_path.iterdir()]
    assert sorted(about["task"] for about in files) == ["iris"] * 2 + ["wine"] * 2


def test_a_full_disk_costs_models_and_no_number(tmp_path, monkeypatch):
    whole = lab.sweep("iris", ["sgd"], seeds=2, **SETTINGS)

    def full(path, write):
        raise lab.InputError(f"cannot write {path}: {errno.errorcode[errno.ENOSPC]}.")

    monkeypatch.setattr(exports, "write_atomically", full)
    with pytest.warns(UserWarning, match="a model is not exported.*The sweep goes on"):
        found = lab.sweep("iris", ["sgd"], seeds=2, export=lab.Export(tmp_path), **SETTINGS)
    np.testing.assert_array_equal(found.validation_loss, whole.validation_loss)


def test_a_first_loss_that_is_no_number_is_beaten_by_any(tmp_path):
    """The first evaluation is NaN, later ones are not: the best is a later one."""
    path = tmp_path / "best.npz"
    exports.save_model(exports.Model({}, {}, {"loss": float("nan")}), path)
    assert exports._loss_of(path) == float("inf")
    assert exports._known(np.float32("nan")) == float("inf")
    assert not exports._known(np.nan) < exports._loss_of(path)
