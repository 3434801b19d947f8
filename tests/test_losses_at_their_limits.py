"""Losses of infinite outputs and impossible classes, by hand; in 16 bits; of wrong labels."""

import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lab import losses
from lab.losses import LOSSES
from lab.validation.errors import InputError

INF = np.inf
LOG2 = np.log(2)
LOG_2_3 = np.log(1 + np.exp(1))  # of logits 0 and 1, what 0 costs
SIGMA = 1 / (1 + np.exp(1))


@pytest.fixture(autouse=True)
def strict():
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        yield


def value_and_gradient(loss, outputs, *rest, dtype="float32", **parameters):
    outputs = jnp.asarray(outputs, dtype)

    def total(z):
        values = loss(z, *rest, **parameters)
        return jnp.sum(values), values

    (_, values), gradient = jax.value_and_grad(total, has_aux=True)(outputs)
    assert values.dtype == gradient.dtype == dtype
    return np.asarray(values, float), np.asarray(gradient, float)


def targets_of(name, rng, rows, columns):
    return {
        "numbers": lambda: rng.normal(size=(rows, columns)),
        "vectors": lambda: rng.normal(size=(rows, columns)),
        "signs": lambda: rng.choice([-1.0, 1.0], size=(rows, columns)),
        "probabilities": lambda: rng.choice([0.0, 0.25, 1.0], size=(rows, columns)),
        "distribution": lambda: rng.dirichlet(np.ones(columns), size=rows),
        "indices": lambda: rng.integers(columns, size=rows),
    }[LOSSES[name].targets]()


# Infinite outputs: (loss, outputs, targets, parameters, value, gradient), worked out by hand

ELEMENTWISE = [
    ("squared_error", [INF, -INF, 2.0], [0.0, 0.0, 0.0], {}, [INF, INF, 4], [INF, -INF, 4]),
    ("absolute_error", [INF, -INF, 2.0], [0.0, 0.0, 0.0], {}, [INF, INF, 2], [1, -1, 1]),
    ("huber_loss", [INF, -INF, 2.0], [0.0, 0.0, 0.0], {}, [INF, INF, 1.5], [1, -1, 1]),
    ("huber_loss", [INF, -INF, 2.0], [0.0] * 3, {"delta": INF}, [INF, INF, 2], [INF, -INF, 2]),
    ("huber_loss", [INF, -INF, 2.0], [0.0] * 3, {"delta": 0.0}, [0, 0, 0], [0, 0, 0]),
    ("log_cosh", [INF, -INF, 0.0], [0.0, 0.0, 0.0], {}, [INF, INF, 0], [1, -1, 0]),
    ("hinge_loss", [INF, -INF, INF, -INF], [1.0, 1.0, -1.0, -1.0], {}, [0, INF, INF, 0],
     [0, -1, 1, 0]),
    ("sigmoid_binary_cross_entropy", [INF, INF, INF], [0.0, 0.5, 1.0], {}, [INF, INF, 0],
     [1, 0.5, 0]),
    ("sigmoid_binary_cross_entropy", [-INF, -INF, -INF], [0.0, 0.5, 1.0], {}, [0, INF, INF],
     [0, -0.5, -1]),
    ("sigmoid_focal_loss", [INF, INF, INF], [0.0, 0.5, 1.0], {}, [INF, INF, 0], [1, 0.125, 0]),
    ("sigmoid_focal_loss", [-INF, -INF, -INF], [0.0, 0.5, 1.0], {}, [0, INF, INF],
     [0, -0.125, -1]),
    ("sigmoid_focal_loss", [INF, -INF, INF], [0.0, 0.0, 1.0], {"gamma": 0.0, "alpha": 0.25},
     [INF, 0, 0], [0.75, 0, 0]),
    ("sigmoid_focal_loss", [INF, -INF], [0.0, 1.0], {"alpha": 1.0}, [0, INF], [0, -1]),
]  # fmt: skip
REDUCED = [
    ("kl_divergence", [-INF, 0.0], [0.0, 1.0], {}, 0, [0, -1]),
    ("kl_divergence", [-INF, 0.0], [0.5, 0.5], {}, INF, [-0.5, -0.5]),
    ("kl_divergence", [-INF, 0.0], [0.5, 1.0], {"where": [False, True]}, 0, [0, -1]),
    ("softmax_cross_entropy", [-INF, 0.0, 1.0], [0.0, 1.0, 0.0], {}, LOG_2_3,
     [0, SIGMA - 1, 1 - SIGMA]),
    ("softmax_cross_entropy", [-INF, 0.0, 0.0], [0.0, 0.5, 0.5], {}, LOG2, [0, 0, 0]),
    ("softmax_cross_entropy", [-INF, 0.0, 0.0], [1.0, 0.0, 0.0], {}, INF, [-1, 0.5, 0.5]),
    ("softmax_cross_entropy", [-INF, 0.0, 0.0], [0.8, 0.1, 0.1], {"where": [False, True, True]},
     0.2 * LOG2, [0, 0, 0]),
    ("softmax_cross_entropy", [INF, 0.0, 0.0], [1.0, 0.0, 0.0], {}, 0, [0, 0, 0]),
    ("softmax_cross_entropy", [INF, 0.0, INF], [1.0, 0.0, 0.0], {}, LOG2, [-0.5, 0, 0.5]),
    ("softmax_cross_entropy_with_integer_labels", [-INF, 0.0, 1.0], 1, {}, LOG_2_3,
     [0, SIGMA - 1, 1 - SIGMA]),
    ("softmax_cross_entropy_with_integer_labels", [-INF, 0.0, 0.0], 0, {}, INF, [-1, 0.5, 0.5]),
    ("softmax_cross_entropy_with_integer_labels", [INF, 0.0, 0.0], 0, {}, 0, [0, 0, 0]),
    ("softmax_cross_entropy_with_integer_labels", [INF, 0.0, 0.0], 1, {}, INF, [1, -1, 0]),
]  # fmt: skip


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize(
    ("name", "outputs", "targets", "parameters", "value", "slope"), ELEMENTWISE
)
def test_infinite_numbers(name, outputs, targets, parameters, value, slope, dtype):
    loss, targets = getattr(losses, name), jnp.asarray(targets)
    values, gradient = value_and_gradient(loss, outputs, targets, dtype=dtype, **parameters)
    np.testing.assert_allclose(values, value, rtol=1e-6)
    expected = np.asarray(slope, float)
    if np.isfinite(expected).all():
        np.testing.assert_allclose(gradient, expected, atol=1e-6)
    else:  # an infinite slope, which ½e² has
        np.testing.assert_array_equal(gradient, expected)


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize(("name", "outputs", "targets", "parameters", "value", "slope"), REDUCED)
def test_impossible_and_certain_classes(name, outputs, targets, parameters, value, slope, dtype):
    loss, targets = getattr(losses, name), jnp.asarray([targets])
    parameters = {key: jnp.asarray([mask]) for key, mask in parameters.items()}
    values, gradient = value_and_gradient(loss, [outputs], targets, dtype=dtype, **parameters)
    tolerance = float(jnp.finfo(dtype).eps)
    np.testing.assert_allclose(values, [value], rtol=tolerance, atol=1e-7)
    np.testing.assert_allclose(gradient, [slope], rtol=tolerance, atol=1e-7)


def test_smoothed_labels_of_a_masked_impossible_class_cost_what_is_left_of_them():
    logits, mask = jnp.array([[-INF, 0.0, 0.0]]), jnp.array([[False, True, True]])
    labels = losses.smooth_labels(jnp.array([[0.0, 1.0, 0.0]]), 0.2, where=mask)
    np.testing.assert_allclose(labels, [[0.1, 0.9, 0.1]], rtol=1e-6)
    value, gradient = value_and_gradient(losses.softmax_cross_entropy, logits, labels, where=mask)
    np.testing.assert_allclose(value, [LOG2], rtol=1e-6)
    np.testing.assert_allclose(gradient, [[0, -0.4, 0.4]], atol=1e-6)
    everywhere = losses.smooth_labels(jnp.array([[0.0, 1.0, 0.0]]), 0.2)
    value, gradient = value_and_gradient(losses.softmax_cross_entropy, logits, everywhere)
    assert value == [INF]  # α / K of it is promised to the impossible class
    assert np.isfinite(gradient).all()


def test_nothing_masked_reaches_value_or_gradient_whatever_it_is():
    mask = jnp.array([[True, False, True]])
    for junk in (INF, -INF, np.nan):
        outputs, targets = jnp.array([[0.0, junk, -1.0]]), jnp.array([[0.5, junk, 0.5]])
        for name in ("softmax_cross_entropy", "kl_divergence", "cosine_similarity"):
            loss = getattr(losses, name)
            found = value_and_gradient(loss, outputs, targets, where=mask)
            expected = value_and_gradient(loss, outputs[:, ::2], targets[:, ::2])
            np.testing.assert_allclose(found[0], expected[0], rtol=1e-6)
            np.testing.assert_allclose(found[1][:, ::2], expected[1], rtol=1e-6, atol=1e-7)
            assert found[1][0, 1] == 0
    nobody = jnp.zeros((1, 3), bool)
    assert jnp.isfinite(losses.smooth_labels(jnp.ones((1, 3)), 0.1, where=nobody)).all()


# Labels that name no class


@pytest.mark.parametrize("wrong", [-1, 3, 100])
@pytest.mark.parametrize("kind", ["int32", "int8", "uint8"])
def test_a_label_that_names_no_class_is_refused_or_not_a_number(wrong, kind):
    if wrong < 0 and kind == "uint8":
        pytest.skip("there is none")
    loss = losses.softmax_cross_entropy_with_integer_labels
    logits, labels = jnp.zeros((2, 3)), jnp.array([wrong, 0], kind)
    for call in (loss, LOSSES["softmax_cross_entropy_with_integer_labels"]):
        with pytest.raises(InputError, match=rf"labels must be from 0 to 2, given \[{wrong}\]"):
            call(logits, labels)
        np.testing.assert_allclose(jax.jit(call)(logits, labels), [np.nan, np.log(3)], rtol=1e-6)
    mapped = jax.vmap(loss)(logits, labels)
    np.testing.assert_allclose(mapped, [np.nan, np.log(3)], rtol=1e-6)


def test_the_label_of_an_example_that_takes_no_part_is_not_looked_at():
    loss = losses.softmax_cross_entropy_with_integer_labels
    logits, labels, mask = jnp.zeros((2, 3)), jnp.array([-1, 0]), jnp.array([False, True])
    for run in (loss, jax.jit(loss)):
        values, gradient = value_and_gradient(run, logits, labels, where=mask)
        np.testing.assert_allclose(values, [0, np.log(3)], rtol=1e-6)
        np.testing.assert_allclose(gradient, [[0] * 3, [-2 / 3, 1 / 3, 1 / 3]], rtol=1e-6)


def test_many_classes_fit_narrow_labels():
    loss = losses.softmax_cross_entropy_with_integer_labels
    values = loss(jnp.zeros((2, 300)), jnp.array([0, 127], jnp.int8))
    np.testing.assert_allclose(values, np.log(300), rtol=1e-6)


# Floats of 16 bits


@pytest.mark.parametrize("columns", [5, pytest.param(3000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("scale", [1.0, pytest.param(30.0, marks=pytest.mark.slow), 200.0])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("name", LOSSES)
def test_in_16_bits_only_the_result_is_rounded(name, dtype, scale, columns):
    rng = np.random.default_rng(0)
    outputs = jnp.asarray(scale * rng.normal(size=(4, columns)), dtype)
    if name == "kl_divergence":
        outputs = -jnp.abs(outputs)
    targets = targets_of(name, rng, 4, columns)
    narrow = jnp.asarray(targets, "int32" if LOSSES[name].targets == "indices" else dtype)
    values, gradient = value_and_gradient(LOSSES[name].by_hand, outputs, narrow, dtype=dtype)
    with jax.enable_x64(True):
        exact = value_and_gradient(
            LOSSES[name].by_hand,
            np.asarray(outputs, float),
            np.asarray(narrow, int if LOSSES[name].targets == "indices" else float),
            dtype="float64",
        )
    rounding, smallest = float(jnp.finfo(dtype).eps), float(jnp.finfo(dtype).tiny)
    with np.errstate(over="ignore"):
        expected = exact[0].astype(jnp.dtype(dtype)).astype(float)
    np.testing.assert_allclose(values, expected, rtol=rounding, atol=1e-6 * scale)
    np.testing.assert_allclose(gradient, exact[1], rtol=rounding, atol=1e-6 + smallest)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_equal_vectors_of_two_hundreds_have_the_same_direction(dtype):
    vector = jnp.full((1, 3), 200, dtype)
    value, gradient = value_and_gradient(losses.cosine_similarity, vector, vector, dtype=dtype)
    assert value == 1
    np.testing.assert_allclose(gradient, 0, atol=1e-7)
    assert losses.cosine_distance(vector, -vector) == 2


@pytest.mark.parametrize("size", [1e-37, 1e-30, 1e20, 3e38])
def test_directions_do_not_depend_on_lengths(size):
    a, b = jnp.array([[3.0, 4.0]]), jnp.array([[4.0, 3.0]])
    np.testing.assert_allclose(losses.cosine_similarity(a, b), 24 / 25, rtol=1e-6)
    long = jnp.array([[0.75, 1.0]]) * jnp.float32(size)
    np.testing.assert_allclose(losses.cosine_similarity(long, b), 24 / 25, rtol=1e-6)


def test_a_least_squared_norm_holds_for_each_vector():
    a, b = jnp.array([[3.0, 4.0]]), jnp.array([[0.6, 0.8]])
    value = losses.cosine_similarity(a, b, epsilon=4.0)  # 5 / (5 · 2)
    np.testing.assert_allclose(value, [0.5], rtol=1e-6)
    zero, gradient = value_and_gradient(
        losses.cosine_similarity, jnp.zeros((1, 2)), b, epsilon=0.25
    )
    assert zero == 0
    np.testing.assert_allclose(gradient, np.asarray(b) / 0.5, rtol=1e-6)  # b/‖b‖ over √ε


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_penalties_of_16_bits_are_float32(dtype):
    params = {"kernel": jnp.full((200, 200), 200, dtype), "bias": jnp.full(3, 2, dtype)}
    for penalty, expected in ((losses.l1, 8_000_006), (losses.l2, 1_600_000_012)):
        value = penalty(params)
        assert value.dtype == jnp.float32
        np.testing.assert_allclose(value, expected, rtol=1e-6)
    gradient = jax.grad(losses.l2)(params)
    assert gradient["kernel"].dtype == dtype
    np.testing.assert_array_equal(gradient["kernel"], jnp.full((200, 200), 400, dtype))


@pytest.mark.parametrize(
    ("params", "sizes", "squares"),
    [
        ({}, 0, 0),
        ([], 0, 0),
        ([jnp.zeros((0, 3), jnp.int32)], 0, 0),
        ({"counts": jnp.array([1, -2])}, 3, 5),
        ([jnp.array([-100, 100], jnp.int8), jnp.array([2.0])], 202, 20_004),
        ([jnp.array([True, False]), jnp.array([2.0], jnp.bfloat16)], 3, 5),
        ([1.5, -2], 3.5, 6.25),
    ],
)
def test_a_penalty_of_whatever_a_tree_holds_is_float32_at_least(params, sizes, squares):
    for penalty, expected in ((losses.l1, sizes), (losses.l2, squares)):
        for value in (penalty(params), jax.jit(penalty)(params)):
            assert value.dtype == jnp.float32
            assert value == expected


# Other processes


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_survives_pickle(name):
    entry = pickle.loads(pickle.dumps(LOSSES[name]))
    assert entry == LOSSES[name]
    assert pickle.loads(pickle.dumps(getattr(losses, name))) is getattr(losses, name)


def test_the_table_and_the_penalties_survive_pickle():
    assert dict(pickle.loads(pickle.dumps(LOSSES))) == dict(LOSSES)
    for function in (losses.l1, losses.l2, losses.kernels, losses.smooth_labels):
        assert pickle.loads(pickle.dumps(function)) is function
