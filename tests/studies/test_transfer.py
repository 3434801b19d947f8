"""Starts and ways of transfer are what they are said to be, and so are their gains."""

from functools import partial

import jax
import numpy as np
import optax
import pytest
import xarray as xr

import lab
from lab import optimizers
from studies.transfer import starts
from studies.transfer.claims import gained, stated
from studies.transfer.runs import Transfer


def test_old_and_new_digits_share_no_row():
    old, new = (starts.digits(classes) for classes in (starts.OLD, starts.NEW))
    assert len(old) + len(new) == 1797
    assert (old.class_names, new.class_names) == (tuple("01234"), tuple("56789"))
    assert not {row.tobytes() for row in old.features} & {row.tobytes() for row in new.features}
    assert (old.features.min(), old.features.max()) == (-1, 1)


def bodies(count=3):
    """Layers of recognizable numbers."""
    rng = np.random.default_rng(0)
    shapes = {"hidden_00": (64, 64), "hidden_01": (64, 32)}

    def layer(shape):
        own = {"kernel": shape, "bias": shape[1:]}
        return {name: rng.normal(size=each).astype(np.float32) for name, each in own.items()}

    def body():
        return {name: layer(shape) for name, shape in shapes.items()}

    return starts.arrays([[body() for _ in range(count)] for _ in range(2)])


def test_a_net_starts_where_it_is_told():
    found = bodies()
    task = starts.new_digits(found, [5])[5]
    key = jax.random.key(0)
    hypers = {"init_scale": 1.0, "body": 2.0}
    init = jax.jit(task.problem.init)
    drawn = init(key, hypers | {"start": 0.0}).params
    plain = lab.tasks.supervised(task.source, widths=starts.WIDTHS).problem
    as_ever = jax.jit(plain.init)(key, {"init_scale": 1.0}).params
    jax.tree.map(np.testing.assert_array_equal, drawn, as_ever)
    for start in (1, 2):
        given = init(key, hypers | {"start": float(start)}).params
        for layer in starts.LAYERS:
            for name in ("kernel", "bias"):
                expected = found[f"{layer}_{name}"].values[start - 1, 2]
                np.testing.assert_array_equal(given[layer]["dense"][name], expected)
        jax.tree.map(np.testing.assert_array_equal, given["output"], drawn["output"])


@pytest.mark.parametrize("slower", [0.0, 0.5, 1.0])
def test_three_ways_are_one_number(slower):
    """0 is `freeze`, 1 is Adam, and between them the rate halves from layer to layer."""
    rng = np.random.default_rng(0)
    shapes = {"hidden_00": (6, 5), "hidden_01": (5, 4), "output": (4, 3)}
    params = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    gradient = {name: leaf + 1 for name, leaf in params.items()}

    def updates(rule):
        return jax.jit(lambda: rule.update(gradient, rule.init(params), params)[0])()

    body = {"hidden_00": True, "hidden_01": True, "output": False}
    rules = {
        0.0: optax.chain(optimizers.adam(0.1), optimizers.freeze(body)),
        1.0: optimizers.adam(0.1),
        0.5: optax.chain(
            optimizers.adam(0.1),
            optimizers.scale_layers({"hidden_00": 0.25, "hidden_01": 0.5, "output": 1.0}),
        ),
    }
    both = (updates(rule) for rule in (starts.layered_adam(0.1, slower), rules[slower]))
    jax.tree.map(partial(np.testing.assert_allclose, rtol=1e-6), *both)


def test_sizes_share_a_problem_and_learning_sets_grow():
    few, many = starts.new_digits(bodies(), [5, 20]).values()
    assert few.problem == many.problem
    rows = [set(task.source.prepare(1).train.tolist()) for task in (few, many)]
    assert [len(each) for each in rows] == [25, 100]
    assert rows[0] <= rows[1]


def test_gains_are_paired_corrected_and_told():
    rng = np.random.default_rng(0)
    common = rng.normal(10, 3, 16)  # how hard each split is
    shift = np.zeros((2, 3, 3))
    shift[:, 2] = [[-1], [-0.0]]  # an autoencoder helps with few examples
    shift[0, 0, 0] = 2  # frozen layers of no training hurt
    error = common + shift[..., None] + 0.1 * rng.normal(size=(2, 3, 3, 16))
    found = xr.DataArray(
        error,
        dims=("examples", "start", "way", "split"),
        coords={
            "examples": [5, 50],
            "start": list(starts.STARTS),
            "way": [way for way, _ in Transfer().ways],
        },
    )
    told = gained(found)
    assert len(told) == 16
    assert told["autoencoder", "full", 5].verdict == "helps"
    assert told["nothing", "frozen", 5].verdict == "hurts"
    assert told["labels", "full", 50].verdict == "not told apart"
    np.testing.assert_allclose(told["autoencoder", "full", 5].interval.estimate, 1, atol=0.2)
    outcomes = {claim.name: claim.outcome for claim in stated(found)}
    assert outcomes["pretraining_helps_autoencoder"] == "held"
    assert outcomes["labels_transfer_full"] == "did not hold"
