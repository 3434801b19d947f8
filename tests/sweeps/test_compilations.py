"""Numbers are arguments: changing them compiles nothing."""

import numpy as np
import pytest

import lab
from tests.sweeps import small

BUDGET = lab.Budget(updates=30)


@pytest.fixture(scope="module")
def arrays(blobs_xy):
    x, y = blobs_xy
    return {"x": x, "y": y}


def own(arrays, **other):
    return lab.tasks.own(
        small.init, small.loss, arrays, metrics=small.metrics, hypers={"init_scale": 1.0}, **other
    )


def run(task, optimizers=("adam",), **other):
    arguments = {"axes": {"learning_rate": [0.01]}, "budget": BUDGET, "batch_size": 10}
    return lab.sweep(task, list(optimizers), **(arguments | other))


CHANGES = {
    "values": {"axes": {"learning_rate": [0.02]}},
    "number of values": {"axes": {"learning_rate": list(np.geomspace(1e-4, 1, 50))}},
    "another traced axis": {"axes": {"b2": [0.9, 0.99], "learning_rate": [0.1]}},
    "an axis of the task": {"axes": {"init_scale": [0.5, 2.0], "learning_rate": [0.1]}},
    "number of seeds": {"seeds": 40},
    "number of steps": {"budget": lab.Budget(updates=700)},
    "number of evaluations": {"evaluations": 3},
    "trials": {"axes": {}, "trials": {"adam": [{"learning_rate": 0.1, "b1": 0.5}]}},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_changing_numbers_compiles_nothing(arrays, change, compilations):
    run(own(arrays))
    before = compilations()
    run(own(arrays), **change)
    assert compilations() == before


def test_other_data_of_the_same_shape_compiles_nothing(arrays, compilations):
    run(own(arrays))
    before = compilations()
    run(own({"x": -arrays["x"], "y": arrays["y"][::-1].copy()}))
    assert compilations() == before


def test_another_schedule_compiles_no_training(arrays, compilations):
    run(own(arrays))
    before = compilations()
    run(own(arrays), schedule="linear_schedule")
    assert compilations() - before <= 1  # the schedule itself


def test_one_optimizer_on_one_task_and_batch_size_is_one_training_program(arrays):
    from lab.sweeps.compilation.programs import compiled

    compiled.cache_clear()
    rates = {"learning_rate": [0.01, 0.1], "batch_size": [5, 10]}
    run(own(arrays), ["adam", "sgd", "lion"], axes=rates, seeds=3)
    assert compiled.cache_info().currsize == 6
