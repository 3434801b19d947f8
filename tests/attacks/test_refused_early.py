"""What a record cannot hold is refused in a sentence before anything compiles."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import lab
from lab import schedules
from lab.sweeps.execution import group

BASE = {"axes": {"learning_rate": [0.1]}, "budget": lab.Budget(updates=4), "evaluations": 1}


def own(metrics=None, hypers=None):
    x = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)

    def loss(params, batch):
        return jnp.mean((batch["x"] @ params["w"] - batch["y"]) ** 2)

    def found(params, batch):
        error = (batch["x"] @ params["w"] - batch["y"]) ** 2
        return dict.fromkeys(metrics or ["loss"], error)

    return lab.tasks.own(
        init=lambda key: {"w": jax.random.normal(key, (3,))},
        loss=loss,
        data={"x": x, "y": x.sum(1)},
        metrics=found,
    )


def probe(*names):
    def measure(snapshot):
        return {name: jnp.sum(snapshot.params["w"]) for name in names}

    return measure


CASES = {
    "a metric is missing": ({"task": own(["error"])}, "must hold 'loss'"),
    "a metric is a path": ({"task": own(["loss", "a/b"])}, "a metric must be a word"),
    "a metric is empty": ({"task": own(["loss", " "])}, "a metric must be a word"),
    "probe named step": ({"probe": probe("step")}, "names of their own"),
    "probe is a path": ({"probe": probe("a/b")}, "a leaf of probe must be a word"),
    "probe is empty": ({"probe": probe("")}, "a leaf of probe must be a word"),
    "probe names meet": (
        {"probe": lambda s: {"a": {"b": s.loss}, "a_b": s.loss}}, "names of their own",
    ),
    "probe, unequal batches": (
        {"probe": probe("w"), "axes": {"learning_rate": [0.1], "batch_size": [8, 16]},
         "budget": lab.Budget(examples=64)}, "equal numbers of updates",
    ),
    "probe, unequal prices": (
        {"probe": probe("w"), "optimizers": ["sgd", "sam_sgd"],
         "budget": lab.Budget(gradient_evaluations=8)}, "equal numbers of updates",
    ),
    "rows beyond": ({"predict_on": lambda _: np.arange(50)}, "rows from 0 to 39"),
    "rows below": ({"predict_on": lambda _: np.array([-1])}, "rows from 0 to 39"),
    "no rows": ({"predict_on": lambda _: np.array([], int)}, "whole numbers of rows"),
    "rows of floats": ({"predict_on": lambda _: np.array([0.5])}, "whole numbers of rows"),
    "rows unequal": (
        {"predict_on": lambda split: np.arange(3 + split),
         "axes": {"learning_rate": [0.1], "split": [0, 1]}}, "equally many rows",
    ),
}  # fmt: skip


@pytest.fixture
def _nothing_compiles(monkeypatch):
    def compiles(*_, **__):
        raise AssertionError("something was compiled")

    monkeypatch.setattr(group, "compiled", compiles)


@pytest.mark.usefixtures("_nothing_compiles")
@pytest.mark.parametrize(("given", "said"), CASES.values(), ids=CASES)
def test_what_a_record_cannot_hold(given, said):
    asked = BASE | {"task": own(), "optimizers": ["sgd"]} | given
    with pytest.raises(lab.InputError, match=said):
        lab.sweep(**asked)


@pytest.mark.parametrize("name", ["updates", "flops", "examples", "seconds", "outputs"])
def test_names_that_records_keep_are_no_axes(name):
    with pytest.raises(lab.InputError, match="cannot be varied"):
        lab.Sweep(
            own(), ["sgd"], budget=lab.Budget(updates=4), axes={"learning_rate": [0.1], name: [1.0]}
        )


def test_schedules_that_are_functions_are_trials_of_a_record(tmp_path):
    def falling(peak, steps):
        return schedules.linear_schedule(peak, 0.0, steps)

    rows = [
        {"learning_rate": 0.1, "schedule": falling},
        {"learning_rate": 0.1},
        {"learning_rate": 0.1, "schedule": "cosine_decay_schedule"},
    ]
    arguments = BASE | {"axes": None, "trials": {"sgd": rows}, "progress": False}
    record = lab.sweep(own(), ["sgd"], **arguments)
    found = lab.load(lab.save(record, tmp_path / "r.nc"))
    assert found.schedule.values.tolist() == [["falling", "", "cosine_decay_schedule"]]
