"""Groups run beside one another, wherever they are placed, and fetch their results later."""

import os
from pathlib import Path

import jax
import numpy as np
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lab
from lab import compatibility
from lab.sweeps.devices import machine
from lab.sweeps.devices import places as place
from lab.sweeps.devices.places import Place, lane_mesh, places
from lab.sweeps.execution import group
from lab.sweeps.execution.timing import divided

SETTINGS = {
    "axes": {"learning_rate": list(np.geomspace(1e-3, 1, 40))}, "budget": lab.Budget(epochs=20),
    "evaluations": 20, "batch_size": 32, "seeds": 2, "progress": False,
}  # fmt: skip


@pytest.fixture(scope="module")
def record():
    return lab.sweep("iris", ["momentum"], **SETTINGS)


def test_lines_of_one_cpu_device_stand_for_several():
    assert compatibility.has_lines(), "jaxlib has renamed it: devices are used instead"
    devices = jax.local_devices()
    mesh = lane_mesh()
    assert len(devices) > 1
    assert places(mesh) == [Place(devices[0], i + 1) for i in range(len(devices))]
    assert places(lane_mesh((devices[1],))) == [Place(devices[1])]


@pytest.mark.parametrize(
    ("where", "name", "value"),
    [(place, "LINES", 1), (compatibility, "execution_stream_id", None)],
)
def test_devices_of_their_own_give_the_same_bits(record, monkeypatch, where, name, value):
    monkeypatch.setattr(where, name, value)
    used = {where.device for where in places(lane_mesh())}
    assert len(used) == len(jax.local_devices())
    same(lab.sweep("iris", ["momentum"], **SETTINGS), record)


@pytest.mark.parametrize("together", [1, 100])
def test_when_results_come_home_changes_nothing(record, monkeypatch, together):
    monkeypatch.setattr(group, "TOGETHER", together)
    same(lab.sweep("iris", ["momentum"], **SETTINGS), record)


def test_every_group_is_exported_and_predicts(record, tmp_path):
    rows = np.arange(7)
    found = lab.sweep(
        "iris", ["momentum"], **SETTINGS, export=lab.Export(tmp_path), predict_on=lambda _: rows
    )
    same(found, record)
    at = {"optimizer": 0, "learning_rate": -1, "seed": 1}  # in the last of several groups
    lane = {"learning_rate": SETTINGS["axes"]["learning_rate"][-1], "seed": 1}
    (final,) = [
        model
        for model in map(lab.load_model, tmp_path.glob("*.final.npz"))
        if lane.items() <= model.about["lane"].items()
    ]
    assert final.about["loss"] == record.validation_loss.isel(at).values[-1]
    assert len(list(tmp_path.glob("*.npz"))) == 2 * 80
    assert np.isfinite(found.outputs.isel(at)).all()


def same(a, b):
    for name in ("validation_loss", "validation_accuracy", "train_loss", "diverged_at"):
        np.testing.assert_array_equal(a[name].values, b[name].values, err_msg=name)


FILES = {
    "v2": {"cpu.max": "250000 100000", "memory.max": "3000000"},
    "v1": {
        "cpu/cpu.cfs_quota_us": "250000",
        "cpu/cpu.cfs_period_us": "100000",
        "memory/memory.limit_in_bytes": "3000000",
    },
}


@pytest.mark.parametrize("version", FILES)
def test_of_a_machine_what_the_container_has_counts(version, monkeypatch, tmp_path):
    """Two and a half of eight cores, and three megabytes."""
    for name, text in FILES[version].items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    kernels, real_open, real_exists = "/sys/fs/cgroup/", open, os.path.exists

    def moved(path):
        return str(path).replace(kernels, f"{tmp_path}/")

    monkeypatch.setattr(
        "builtins.open", lambda path, *args, **kw: real_open(moved(path), *args, **kw)
    )
    monkeypatch.setattr("os.path.exists", lambda path: real_exists(moved(path)))
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr(machine, "LIMITS", [Path(moved(path)) for path in machine.LIMITS])
    assert machine.cores() == 3
    assert machine.memory() == 3_000_000


def test_without_a_container_the_whole_machine_counts(monkeypatch, tmp_path):
    (tmp_path / "unlimited").write_text("max\n")
    monkeypatch.setattr(machine, "LIMITS", [tmp_path / "unlimited", tmp_path / "missing"])
    assert machine.memory() == psutil.virtual_memory().total


spans = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 9)), max_size=6)


@given(st.fixed_dictionaries({"a": spans, "b": spans}))
def test_divided_time_adds_up_to_the_time_that_anything_took(found):
    intervals = {
        kind: [(float(begin), float(begin + length)) for begin, length in own]
        for kind, own in found.items()
    }
    busy = {
        moment
        for own in found.values()
        for begin, length in own
        for moment in range(begin, begin + length)
    }
    spent = divided(intervals)
    assert sum(spent.values()) == pytest.approx(len(busy))
    for kind, own in intervals.items():
        assert 0 <= spent[kind] <= sum(end - begin for begin, end in own) + 1e-9
