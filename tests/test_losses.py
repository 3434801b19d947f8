"""Every loss equals its optax twin, in value and gradient, also where exponentials overflow."""

import functools
import inspect

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab import losses
from lab.losses import LOSSES
from lab.validation.errors import InputError, UnknownNameError

DTYPES = ["float32", "float64"]
TOLERANCE = {"float32": 1e-5, "float64": 1e-12}
TWINS = [name for name in LOSSES if LOSSES[name].via_optax]
PARAMETERS = {
    "huber_loss": [{}, {"delta": 0.1}, {"delta": 5.0}],
    "sigmoid_focal_loss": [{}, {"alpha": 0.25, "gamma": 0.5}, {"gamma": 0.0}],
    "cosine_distance": [{}, {"epsilon": 0.5}],
}
CASES = [(name, kw) for name in TWINS for kw in PARAMETERS.get(name, [{}])]
PREPARED = {"kl_divergence": jax.nn.log_softmax}  # takes logarithms of probabilities
SCALES = [1e-3, 1.0, 30.0, 1e4]


@pytest.fixture(autouse=True)
def strict():
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        yield


def example(name, dtype, scale=1.0, seed=0):
    """Outputs of size `scale` and targets, as the loss takes them: B = 6, K = 5."""
    rng = np.random.default_rng(seed)
    outputs = scale * rng.normal(size=(6, 5))
    targets = {
        "numbers": lambda: rng.normal(size=(6, 5)),
        "vectors": lambda: rng.normal(size=(6, 5)),
        "signs": lambda: rng.choice([-1.0, 1.0], size=(6, 5)),
        "probabilities": lambda: rng.choice([0.0, 0.25, 1.0], size=(6, 5)),
        "distribution": lambda: np.vstack([np.eye(5)[:3], rng.dirichlet(np.ones(5), size=3)]),
        "indices": lambda: rng.integers(5, size=6),
    }[LOSSES[name].targets]()
    outputs = PREPARED.get(name, jnp.asarray)(jnp.asarray(outputs, dtype))
    integers = LOSSES[name].targets == "indices"
    return jnp.asarray(outputs, dtype), jnp.asarray(targets, "int32" if integers else dtype)


def value_and_gradient(loss, outputs, targets, **parameters):
    return compiled(loss, tuple(parameters))(outputs, targets, *parameters.values())


@functools.cache
def compiled(loss, names):
    @jax.jit
    def run(outputs, targets, *numbers):
        def total(z):
            values = loss(z, targets, **dict(zip(names, numbers)))
            return jnp.sum(values), values

        (_, values), gradient = jax.value_and_grad(total, has_aux=True)(outputs)
        return values, gradient

    return run


def optax_value_and_gradient(name, outputs, targets, **parameters):
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        return value_and_gradient(LOSSES[name].via_optax, outputs, targets, **parameters)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "parameters"), CASES, ids=[f"{n}-{kw}" for n, kw in CASES])
def test_equals_optax(name, parameters, dtype, scale):
    with jax.enable_x64(dtype == "float64"):
        outputs, targets = example(name, dtype, scale)
        value, gradient = value_and_gradient(LOSSES[name].by_hand, outputs, targets, **parameters)
        twin_value, twin_gradient = optax_value_and_gradient(name, outputs, targets, **parameters)
        assert value.dtype == gradient.dtype == outputs.dtype == dtype
        size = max(1.0, scale)  # rounding of the logits themselves
        tolerance = TOLERANCE[dtype]
        np.testing.assert_allclose(value, twin_value, rtol=tolerance, atol=tolerance * size)
        size = max(1.0, float(jnp.max(jnp.abs(twin_gradient))))
        np.testing.assert_allclose(gradient, twin_gradient, rtol=0, atol=tolerance * size)


@pytest.mark.parametrize("name", TWINS)
def test_has_the_parameters_and_defaults_of_optax(name):
    def parameters(function):
        signature = inspect.signature(function).parameters.values()
        return [(p.name, p.kind, p.default) for p in signature]

    assert parameters(LOSSES[name].by_hand) == parameters(LOSSES[name].via_optax)


@pytest.mark.parametrize("name", LOSSES)
def test_is_finite_at_extreme_outputs_with_finite_gradient(name):
    for extreme in (1e4, -1e4, 0.0):
        outputs, targets = example(name, "float32")
        outputs = jnp.where(jnp.arange(5) % 2 == 0, extreme, outputs.T.mT * 0)
        value, gradient = value_and_gradient(LOSSES[name].by_hand, outputs, targets)
        assert jnp.all(jnp.isfinite(value))
        assert jnp.all(jnp.isfinite(gradient))


@pytest.mark.parametrize("name", LOSSES)
def test_per_example_gives_one_number_each(name):
    outputs, targets = example(name, "float32")
    values = LOSSES[name](outputs, targets)
    assert values.shape == (6,)
    by_hand = LOSSES[name].by_hand(outputs, targets)
    np.testing.assert_allclose(values, by_hand.reshape(6, -1).sum(1), rtol=1e-6)


@pytest.mark.parametrize("name", LOSSES)
def test_half_precision_stays_half(name):
    outputs, targets = example(name, "bfloat16")
    value, gradient = value_and_gradient(LOSSES[name].by_hand, outputs, targets)
    assert value.dtype == gradient.dtype == jnp.bfloat16


@pytest.mark.parametrize("name", LOSSES)
def test_refuses_targets_that_would_broadcast(name):
    outputs, _ = example(name, "float32")
    integers = LOSSES[name].targets == "indices"
    wrong = jnp.zeros((6, 1), "int32" if integers else "float32")
    with pytest.raises(InputError, match="shape"):
        LOSSES[name](outputs, wrong)
    with pytest.raises(InputError, match="floating"):
        LOSSES[name](outputs.astype(int), wrong)


numbers = st.floats(-1e4, 1e4, width=32)


@settings(max_examples=60, deadline=None)
@given(st.lists(numbers, min_size=4, max_size=4), st.integers(0, 3))
def test_any_logits_have_a_non_negative_cross_entropy_whose_gradient_sums_to_zero(logits, label):
    logits, labels = jnp.asarray([logits], "float32"), jnp.asarray([label])
    value, gradient = value_and_gradient(
        losses.softmax_cross_entropy_with_integer_labels, logits, labels
    )
    one_hot, one_hot_gradient = value_and_gradient(
        losses.softmax_cross_entropy, logits, jax.nn.one_hot(labels, 4)
    )
    assert value >= 0
    np.testing.assert_allclose(value, one_hot, rtol=1e-6)
    np.testing.assert_allclose(gradient, one_hot_gradient, atol=1e-6)
    np.testing.assert_allclose(gradient.sum(), 0, atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(numbers, st.floats(0, 1, width=32), st.floats(0, 4, width=32))
def test_any_focal_loss_is_finite_and_at_most_the_cross_entropy(logit, label, gamma):
    logits, labels = jnp.asarray([logit]), jnp.asarray([label])
    value, gradient = value_and_gradient(losses.sigmoid_focal_loss, logits, labels, gamma=gamma)
    cross_entropy = losses.sigmoid_binary_cross_entropy(logits, labels)
    assert jnp.isfinite(gradient).all()
    assert 0 <= value <= cross_entropy * 1.001 + 1e-6


def test_derivatives_at_zero_are_those_of_the_formulas():
    zero = jnp.zeros(())
    for loss, first, second in [
        (lambda e: losses.log_cosh(e), 0.0, 1.0),
        (lambda e: losses.absolute_error(e), 0.0, 0.0),
        (lambda z: losses.sigmoid_binary_cross_entropy(z, 0.0), 0.5, 0.25),
    ]:
        assert jax.grad(loss)(zero) == first
        assert jax.grad(jax.grad(loss))(zero) == second


def test_zero_vectors_have_no_direction_and_no_infinite_gradient():
    value, gradient = value_and_gradient(
        losses.cosine_similarity, jnp.zeros((1, 3)), jnp.ones((1, 3))
    )
    assert value == 0
    assert jnp.isfinite(gradient).all()


@pytest.mark.parametrize("axis", [0, -1, (1, 2)])
def test_axis_means_what_it_means_in_optax(axis):
    logits = jax.random.normal(jax.random.key(0), (4, 4, 4))
    targets = jax.nn.softmax(logits[::-1], axis)
    mask = logits > -1
    several = isinstance(axis, tuple)  # of which optax smooths labels without a mask only
    for name, extra, where in (
        ("softmax_cross_entropy", targets, mask),
        ("kl_divergence", targets, mask),
        ("cosine_similarity", targets, mask),
        ("smooth_labels", 0.1, None if several else mask),
    ):
        kw = {"axis": axis, "where": where}
        ours = getattr(losses, name)(logits, extra, **kw)
        with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
            theirs = getattr(optax.losses, name)(logits, extra, **kw)
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
    labels = jnp.zeros(ours.shape[:1] if axis == (1, 2) else (4, 4), int)
    ours = losses.softmax_cross_entropy_with_integer_labels(logits, labels, axis, mask)
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        theirs = optax.losses.softmax_cross_entropy_with_integer_labels(logits, labels, axis, mask)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)


def test_a_fully_masked_example_counts_nothing_and_has_no_gradient():
    logits, mask = jnp.full((2, 3), 1e4), jnp.array([True, False])
    for loss, labels in [
        (losses.softmax_cross_entropy, jnp.eye(3)[:2]),
        (losses.softmax_cross_entropy_with_integer_labels, jnp.array([0, 1])),
    ]:
        value, gradient = value_and_gradient(loss, logits, labels, where=mask)
        assert value[1] == 0
        assert jnp.all(gradient[1] == 0)
        assert jnp.isfinite(gradient).all()


# Worked numbers


def test_the_printed_digit_net_costs_3_36():
    outputs = jnp.array([[0.43, 0.28, 0.19, 0.88, 0.72, 0.01, 0.64, 0.86, 0.99, 0.63]])
    cost = LOSSES["squared_error"](outputs, jax.nn.one_hot(jnp.array([3]), 10))
    np.testing.assert_allclose(cost, [3.3585], rtol=1e-5)
    assert round(float(cost[0]), 2) == 3.36


def test_cross_entropy_of_given_probabilities():
    probabilities = jnp.array([[0.1, 0.6, 0.3], [0.4, 0.4, 0.2], [0.5, 0.3, 0.2]])
    loss = losses.softmax_cross_entropy_with_integer_labels(
        jnp.log(probabilities), jnp.array([0, 1, 2])
    )
    np.testing.assert_allclose(loss, [2.303, 0.916, 1.609], atol=5e-4)


def test_a_far_prediction_costs_its_square():
    prediction, target = jnp.array([3.0]), jnp.array([18.0])
    assert losses.squared_error(prediction, target) == 225
    assert losses.absolute_error(prediction, target) == 15
    assert losses.huber_loss(prediction, target) == 14.5
    np.testing.assert_allclose(losses.log_cosh(prediction, target), 15 - np.log(2), rtol=1e-6)


def test_smoothing_shares_alpha_among_all_classes():
    smooth = losses.smooth_labels(jnp.eye(4), 0.2)
    np.testing.assert_allclose(smooth, 0.8 * np.eye(4) + 0.05, rtol=1e-6)
    np.testing.assert_allclose(smooth.sum(-1), 1, rtol=1e-6)


# Penalties


def test_penalties_have_no_half_and_their_gradients_say_so():
    params = {"kernel": jnp.array([[1.0, -2.0], [0.0, 3.0]]), "bias": jnp.array([4.0])}
    assert losses.l1(params) == 10
    assert losses.l2(params) == 30
    assert losses.l1(losses.kernels(params)) == 6
    np.testing.assert_array_equal(jax.grad(losses.l1)(params)["kernel"], [[1, -1], [0, 1]])
    np.testing.assert_array_equal(jax.grad(losses.l2)(params)["kernel"], 2 * params["kernel"])


def test_l2_under_plain_descent_is_weight_decay():
    w, rate, strength = jnp.array([2.0]), 0.1, 0.3
    step = -rate * jax.grad(lambda w: strength * losses.l2(w))(w)
    np.testing.assert_allclose(step, -2 * rate * strength * w, rtol=1e-6)


def test_ridge_and_lasso_are_these_penalties_in_their_own_conventions():
    from sklearn.linear_model import Lasso, Ridge

    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 3)), rng.normal(size=40)
    with jax.enable_x64(True):
        error = lambda w: jnp.mean(losses.squared_error(jnp.asarray(x) @ w, jnp.asarray(y)))  # noqa: E731
        ridge = Ridge(alpha=0.3 * 40, fit_intercept=False).fit(x, y).coef_
        gradient = jax.grad(lambda w: error(w) + 0.3 * losses.l2(w))(jnp.asarray(ridge))
        np.testing.assert_allclose(gradient, 0, atol=1e-10)
        lasso = Lasso(alpha=0.01, fit_intercept=False, tol=1e-12).fit(x, y).coef_
        assert np.all(lasso != 0)
        gradient = jax.grad(lambda w: error(w) + 0.02 * losses.l1(w))(jnp.asarray(lasso))
        np.testing.assert_allclose(gradient, 0, atol=1e-8)


def test_a_misspelt_loss_gets_a_suggestion():
    with pytest.raises(UnknownNameError, match="huber_loss"):
        LOSSES["huber"]
