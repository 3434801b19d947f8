"""The MLP: counts, positions, residual bridges, dropout, and what it refuses."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

from lab import models
from lab.models import ACTIVATIONS, INITIALIZERS, MLP, parameter_count
from lab.models.dropout import drop
from lab.validation.errors import InputError, UnknownNameError

apply = jax.jit(models.apply, static_argnums=0, static_argnames="train")
hidden = jax.jit(models.hidden, static_argnums=0)
KEY = jax.random.key(0)
X = jax.random.normal(jax.random.key(1), (8, 6))


@pytest.fixture(autouse=True)
def strict():
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        yield


def initial(model, x=X, **hypers):
    return models.init(model, KEY, x, hypers)


@pytest.mark.parametrize(
    ("inputs", "widths", "outputs", "count"),
    [(3, (3, 2), 1, 23), (784, (16, 16), 10, 13_002), (11, (3,), 1, 40), (4, (), 2, 10)],
)
def test_parameter_counts(inputs, widths, outputs, count):
    model = MLP(widths=widths, outputs=outputs)
    params, _ = jax.eval_shape(partial(initial, model), jnp.zeros((1, inputs)))
    assert parameter_count(params) == count


def test_is_the_chain_of_its_layers():
    model = MLP(widths=(5, 4), outputs=3, activation="tanh", bias_value=0.01)
    params, state = initial(model)
    h = X
    for name in ("hidden_00", "hidden_01"):
        dense = params[name]["dense"]
        h = jnp.tanh(h @ dense["kernel"] + dense["bias"][None])
        np.testing.assert_allclose(dense["bias"], 0.01, rtol=1e-6)
        np.testing.assert_allclose(hidden(model, params, state, X)[name], h, atol=1e-5)
    expected = h @ params["output"]["kernel"] + params["output"]["bias"][None]
    outputs, _ = apply(model, params, state, X, train=False)
    np.testing.assert_allclose(outputs, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(params["output"]["bias"], 0)


def test_images_are_flattened():
    model = MLP(widths=(5,), outputs=3)
    images = X.reshape(8, 2, 3)
    params, state = initial(model, images)
    outputs, _ = apply(model, params, state, images, train=False)
    flat, _ = apply(model, params, state, X, train=False)
    np.testing.assert_array_equal(outputs, flat)


def test_layers_are_named_in_the_order_of_depth():
    model = MLP(widths=(2,) * 12, outputs=1)
    params, state = initial(model)
    names = [f"hidden_{i:02d}" for i in range(12)]
    assert sorted(params) == [*names, "output"]
    assert list(hidden(model, params, state, X)) == names


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_trains(activation):
    model = MLP(widths=(4,), outputs=2, activation=activation)
    params, state = initial(model)
    loss = lambda p: jnp.sum(apply(model, p, state, X, train=True)[0] ** 2)  # noqa: E731
    gradient = jax.jit(jax.grad(loss))(params)
    assert all(jnp.isfinite(leaf).all() for leaf in jax.tree.leaves(gradient))
    assert jnp.any(gradient["output"]["kernel"] != 0)
    assert ("slope" in params["hidden_00"]) == (activation == "prelu")


@pytest.mark.parametrize("initializer", INITIALIZERS)
def test_every_initializer_fills_the_kernels(initializer):
    params, _ = initial(MLP(widths=(4,), outputs=2, initializer=initializer))
    kernel = params["hidden_00"]["dense"]["kernel"]
    assert kernel.shape == (6, 4)
    assert jnp.all(kernel == 0) == (initializer == "zeros")


@pytest.mark.parametrize("normalization", ["batch", "layer", "group"])
def test_normalization_before_and_after_the_activation(normalization):
    def layer(position):
        model = MLP(
            widths=(8,),
            outputs=2,
            normalization=normalization,
            normalization_position=position,
            bias_value=0.1,
        )
        params, state = initial(model)
        return params["hidden_00"], hidden(model, params, state, X)["hidden_00"]

    before, h = layer("before")
    assert set(before["dense"]) == {"kernel"}
    np.testing.assert_allclose(before["norm"]["bias"], 0.1)
    assert jnp.all(h >= 0)
    after, h = layer("after")
    assert set(after["dense"]) == {"kernel", "bias"}
    np.testing.assert_array_equal(after["norm"]["bias"], 0)
    assert jnp.any(h < 0) or normalization == "batch"  # whose averages have not moved yet


@pytest.mark.parametrize("position", ["before", "after"])
@pytest.mark.parametrize("normalization", [None, "batch", "layer", "group"])
def test_a_residual_mlp_equals_the_one_of_flax(normalization, position):
    """Three layers, two of them bridged, in training and in inference."""
    makes = {
        "batch": partial(nn.BatchNorm, momentum=0.9, epsilon=1e-5, use_fast_variance=False),
        "layer": partial(nn.LayerNorm, epsilon=1e-5, use_fast_variance=False),
        "group": partial(nn.GroupNorm, num_groups=4, epsilon=1e-5, use_fast_variance=False),
    }

    class Block(nn.Module):
        width: int

        @nn.compact
        def __call__(self, x, train):
            def normalized(h):
                if normalization is None:
                    return h
                only = {"use_running_average": not train} if normalization == "batch" else {}
                return makes[normalization](name="norm", **only)(h)

            before = normalization is not None and position == "before"
            h = nn.Dense(self.width, use_bias=not before, name="dense")(x)
            h = nn.gelu(normalized(h)) if before else normalized(nn.gelu(h))
            return x + h if x.shape == h.shape else h

    class Twin(nn.Module):
        @nn.compact
        def __call__(self, x, train):
            for number in range(3):
                x = Block(8, name=f"hidden_{number:02d}")(x, train)
            return nn.Dense(2, name="output")(x)

    model = MLP(
        widths=(8, 8, 8), outputs=2, activation="gelu", normalization=normalization,
        normalization_position=position, residual=True,
    )  # fmt: skip
    params, state = initial(model)
    params = jax.tree.map(
        lambda leaf: leaf + jnp.linspace(0, 0.2, leaf.size).reshape(leaf.shape), params
    )
    for train in (True, False):
        ours, moved = apply(model, params, state, X, train=train)
        with jax.numpy_rank_promotion("allow"):
            twin, twin_state = jax.jit(
                partial(Twin().apply, mutable=list(state)), static_argnums=2
            )({"params": params, **state}, X, train)
        np.testing.assert_allclose(ours, twin, rtol=1e-4, atol=1e-4)
        if train:
            jax.tree.map(
                lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5),
                moved,
                dict(twin_state),
            )
            state = moved


def test_residual_bridges_equal_widths_only():
    plain, bridged = (MLP(widths=(6, 6, 4), outputs=2, residual=r) for r in (False, True))
    params, state = initial(plain)
    assert jax.tree.structure(params) == jax.tree.structure(initial(bridged)[0])
    zero = jax.tree.map(jnp.zeros_like, params)
    h = hidden(bridged, zero, state, X)
    np.testing.assert_array_equal(h["hidden_01"], X)  # both layers pass their input on
    assert h["hidden_02"].shape == (8, 4)
    assert jnp.all(h["hidden_02"] == 0)


# Dropout


def test_dropout_keeps_the_expectation():
    dropped, x = jax.jit(drop), jnp.ones((1000, 100))
    for rate in (0.0, 0.2, 0.5, 0.9):
        y = np.asarray(dropped(KEY, x, rate))
        np.testing.assert_allclose((y == 0).mean(), rate, atol=0.01)
        np.testing.assert_allclose(y.mean(), 1, atol=0.02)
        np.testing.assert_allclose(y[y != 0], 1 / (1 - rate), rtol=1e-6)


def test_dropping_everything_gives_zero_and_a_finite_gradient():
    y, gradient = jax.jit(jax.value_and_grad(lambda x: drop(KEY, x, 1.0).sum()))(X)
    assert y == 0
    assert jnp.all(gradient == 0)


def test_dropout_is_off_in_evaluation_and_at_rate_zero():
    model = MLP(widths=(50,), outputs=2, dropout=True)
    params, state = initial(model)
    plain, _ = apply(MLP(widths=(50,), outputs=2), params, state, X, train=False)
    hypers = {"dropout_rate": 0.5}
    still, _ = apply(model, params, state, X, train=False, hypers=hypers)
    np.testing.assert_array_equal(still, plain)
    for rate, same in ((0.0, True), (0.5, False)):
        hypers = {"dropout_rate": rate}
        y, _ = apply(model, params, state, X, train=True, key=KEY, hypers=hypers)
        assert bool(jnp.allclose(y, plain)) == same


def test_the_key_decides_what_is_dropped_and_layers_differ():
    model = MLP(widths=(64, 64), outputs=1, activation="linear", dropout=True, residual=False)
    params, state = initial(model)

    def outputs(key):
        hypers = {"dropout_rate": 0.5}
        return apply(model, params, state, X, train=True, key=key, hypers=hypers)[0]

    np.testing.assert_array_equal(outputs(KEY), outputs(KEY))
    assert jnp.all(outputs(KEY) != outputs(jax.random.key(7)))


def test_dropout_in_training_needs_a_key():
    model = MLP(widths=(4,), outputs=2, dropout=True)
    with pytest.raises(InputError, match="key must be given"):
        apply(model, *initial(model), X, train=True)


# Choices


def test_equal_choices_are_equal_and_hash_alike():
    one, two = (MLP(widths=(4, 4), outputs=2, dropout=True) for _ in range(2))
    assert one == two
    assert hash(one) == hash(two)
    assert one != MLP(widths=(4, 4), outputs=2)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"widths": [4]}, "widths must be a tuple"),
        ({"widths": (4, 0)}, "widths must be a tuple"),
        ({"outputs": 0}, "outputs must be"),
        ({"normalization": "group", "groups": 3}, "groups must divide"),
    ],
)
def test_refuses_impossible_choices(wrong, says):
    with pytest.raises(InputError, match=says):
        MLP(**{"widths": (4,), "outputs": 2, **wrong})


@pytest.mark.parametrize(
    ("field", "near"),
    [
        ({"activation": "rellu"}, "relu"),
        ({"initializer": "he"}, "he_normal"),
        ({"normalization": "bach"}, "batch"),
        ({"normalization_position": "afer"}, "after"),
    ],
)
def test_a_misspelt_choice_gets_a_suggestion(field, near):
    with pytest.raises(UnknownNameError, match=near):
        MLP(widths=(4,), outputs=2, **field)
