"""Whatever cannot be meant is refused in one sentence, before anything compiles."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import lab
from lab.validation.errors import InputError
from tests.sweeps import small


@pytest.fixture(scope="module")
def task(blobs_xy):
    x, y = blobs_xy
    return lab.tasks.own(small.init, small.loss, {"x": x, "y": y}, hypers={"init_scale": 1.0})


GOOD = {
    "optimizers": ["adam"],
    "axes": {"learning_rate": [0.1]},
    "budget": lab.Budget(updates=10),
    "batch_size": 10,
}
# what is changed -> words that the sentence must hold: the argument, and what was given
BAD = {
    "unknown optimizer": ({"optimizers": ["adamm"]}, ["optimizer", "'adamm'", "'adam'"]),
    "no optimizer": ({"optimizers": []}, ["optimizers"]),
    "one optimizer twice": ({"optimizers": ["adam", "adam"]}, ["distinct", "adam"]),
    "optimizer that is none": ({"optimizers": {"mine": 3}}, ["'mine'", "3"]),
    "misspelt axis": ({"axes": {"learning_rat": [0.1]}}, ["'learning_rat'", "'learning_rate'"]),
    "axis of another optimizer": (
        {"optimizers": ["adam", "sgd"], "axes": {"learning_rate": [0.1], "b1": [0.9]}},
        ["'sgd'", "'b1'"],
    ),
    "negative rate": ({"axes": {"learning_rate": [-0.1]}}, ["learning_rate", "-0.1"]),
    "rate that is no number": ({"axes": {"learning_rate": ["big"]}}, ["learning_rate", "'big'"]),
    "infinite rate": ({"axes": {"learning_rate": [np.inf]}}, ["learning_rate", "inf"]),
    "no rate": ({"axes": {}}, ["'adam'", "learning_rate"]),
    "rate of a rule without one": (
        {"optimizers": ["polyak_sgd"]},
        ["'polyak_sgd'", "learning_rate"],
    ),
    "empty grid": ({"axes": {"learning_rate": []}}, ["'learning_rate'", "none"]),
    "value twice": ({"axes": {"learning_rate": [0.1, 0.1]}}, ["'learning_rate'", "distinct"]),
    "axis that is no sequence": ({"axes": {"learning_rate": 0.1}}, ["'learning_rate'", "0.1"]),
    "seed as an axis": ({"axes": {"seed": [1], "learning_rate": [0.1]}}, ["'seed'", "seeds="]),
    "number that is none": (
        {"axes": {"b1": ["x"], "learning_rate": [0.1]}},
        ["b1='x'", "finite number"],
    ),
    "not a number": ({"axes": {"b1": [np.nan], "learning_rate": [0.1]}}, ["b1=nan"]),
    "no seeds": ({"seeds": []}, ["seeds"]),
    "zero seeds": ({"seeds": 0}, ["seeds", "0"]),
    "negative seed": ({"seeds": [-1]}, ["seeds", "-1"]),
    "seed twice": ({"seeds": [1, 1]}, ["seeds", "distinct"]),
    "batch larger than the split": ({"batch_size": 121}, ["batch_size", "120", "121"]),
    "batch of none": ({"batch_size": 0}, ["batch_size", "0"]),
    "batch of a half": ({"axes": {"batch_size": [2.5], "learning_rate": [0.1]}}, ["2.5"]),
    "two periods of a probe": (
        {"probe": lab.Probe(lambda snapshot: snapshot.loss), "probe_every": 2},
        ["probe_every", "lab.Probe"],
    ),
    "unknown schedule": ({"schedule": "cosin_decay_schedule"}, ["schedule", "cosine_decay"]),
    "schedule that is none": ({"schedule": 3}, ["schedule", "3"]),
    "negative split": ({"axes": {"split": [-1], "learning_rate": [0.1]}}, ["split", "-1"]),
    "no evaluations": ({"evaluations": 0}, ["evaluations", "0"]),
    "budget that is none": ({"budget": 100}, ["budget", "a Budget", "100"]),
    "budget below one update": (
        {"budget": lab.Budget(examples=5)},
        ["examples=5", "batch_size=10"],
    ),
    "task that is none": ({"task": "digitz"}, ["'digitz'", "'digits'"]),
    "trials for others": (
        {"axes": {}, "trials": {"sgd": [{"learning_rate": 0.1}]}},
        ["trials", "adam", "sgd"],
    ),
    "devices in a table": ({"devices": np.array([jax.devices()])}, ["devices", "a Device"]),
    "no devices": ({"devices": []}, ["devices", "given ()"]),
    "unequal trials": (
        {
            "axes": {},
            "optimizers": ["adam", "sgd"],
            "trials": {"adam": [{"learning_rate": 0.1}] * 2, "sgd": [{"learning_rate": 0.1}]},
        },
        ["same number of trials"],
    ),
    "misspelt trial": (
        {"axes": {}, "trials": {"adam": [{"learning_rate": 0.1, "beta": 0.9}]}},
        ["'beta'", "b1"],
    ),
    "axis and trial": (
        {"trials": {"adam": [{"learning_rate": 0.1}]}},
        ["learning_rate", "axis", "trials"],
    ),
}


@pytest.mark.parametrize(("change", "words"), BAD.values(), ids=BAD.keys())
def test_bad_input_is_one_sentence_before_compilation(task, change, words, compilations):
    arguments = {"task": task} | GOOD | change
    before = compilations()
    with pytest.raises(InputError) as caught:
        lab.sweep(**arguments)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert len(sentence) < 600
    for word in words:
        assert word in sentence
    assert compilations() == before


def test_numpys_whole_numbers_are_as_good(task):
    def laid_out(whole):
        return lab.Sweep(
            task, ["adam"], trials={"adam": [{"learning_rate": 0.1, "split": whole(2)}]},
            seeds=whole(3), budget=lab.Budget(updates=whole(10)), batch_size=whole(10),
            split=whole(0), evaluations=whole(2),
        ).plan  # fmt: skip

    plan, of_numpy = laid_out(int), laid_out(np.int64)
    assert repr(of_numpy) == repr(plan)


BUDGETS = [
    {},
    {"updates": 0},
    {"updates": -3},
    {"updates": 2.5},
    {"updates": True},
    {"epochs": float("nan")},
    {"epochs": float("inf")},
    {"examples": "many"},
    {"updates": 3, "epochs": 1},
]


@pytest.mark.parametrize("amounts", BUDGETS, ids=str)
def test_budgets_that_mean_nothing_are_refused(amounts):
    with pytest.raises(InputError, match="Budget"):
        lab.Budget(**amounts)


OWN = {
    "lengths differ": {"data": {"x": np.zeros(3), "y": np.zeros(4)}},
    "no rows": {"data": {"x": np.zeros(0)}},
    "a scalar": {"data": {"x": np.float32(3)}},
    "not finite": {"data": {"x": np.array([1.0, np.nan])}},
    "text": {"data": {"x": np.array(["a", "b"])}},
    "no arrays": {"data": {}},
    "no dict": {"data": np.zeros(3)},
    "share of one": {"validation": 1.0},
    "loss that is none": {"loss": 3},
    "loss of three others": {"loss": lambda a, b, c: 0.0},
    "number that is none": {"hypers": {"scale": "big"}},
}


@pytest.mark.parametrize("change", OWN.values(), ids=OWN.keys())
def test_a_task_of_ones_own_is_checked(change):
    good = {
        "init": lambda key: {"w": jnp.zeros(())},
        "loss": lambda params, batch: jnp.mean((params["w"] - batch["x"]) ** 2),
        "data": {"x": np.arange(10.0)},
    }
    with pytest.raises(InputError):
        lab.tasks.own(**(good | change))
