"""The same numbers from the same network in Flax Linen, Flax NNX, Equinox and plain arrays."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import linen, nnx

from lab import optimizers, probes
from lab.validation.errors import InputError

KEY = jax.random.key(0)
SIZES = ((3, 4), (4, 4), (4, 2))
BATCH = {"x": np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)}
WEIGHTS = [
    (w.astype(np.float32), np.full(w.shape[1], 0.1, np.float32))
    for w in (np.random.default_rng(1).normal(size=size) for size in SIZES)
]


def plain():
    """Parameters, `(params, x) -> (outputs, hidden)`, names of layers."""

    def apply(params, x):
        hidden = []
        for w, b in params[:-1]:
            x = jnp.tanh(x @ w + b)
            hidden.append(x)
        return x @ params[-1][0] + params[-1][1], hidden

    return [tuple(map(jnp.asarray, pair)) for pair in WEIGHTS], apply, ("0", "1", "2")


def in_linen():
    class Net(linen.Module):
        @linen.compact
        def __call__(self, x):
            for _ in SIZES[:-1]:
                x = linen.tanh(linen.Dense(4)(x))
                self.sow("intermediates", "hidden", x)
            return linen.Dense(2)(x)

    net, names = Net(), ("Dense_0", "Dense_1", "Dense_2")
    params = {
        n: {"kernel": jnp.asarray(w), "bias": jnp.asarray(b)} for n, (w, b) in zip(names, WEIGHTS)
    }

    def apply(params, x):
        outputs, sown = net.apply({"params": params}, x, mutable=["intermediates"])
        return outputs, list(sown["intermediates"]["hidden"])

    return params, apply, names


def in_nnx():
    class Net(nnx.Module):
        def __init__(self):
            rngs = nnx.Rngs(0)
            self.layers = nnx.List([nnx.Linear(*size, rngs=rngs) for size in SIZES])

        def __call__(self, x):
            hidden = []
            for layer in self.layers[:-1]:
                x = nnx.tanh(layer(x))
                hidden.append(x)
            return self.layers[-1](x), hidden

    net = Net()
    for layer, (w, b) in zip(net.layers, WEIGHTS):
        layer.kernel[...], layer.bias[...] = jnp.asarray(w), jnp.asarray(b)
    graph, params = nnx.split(net, nnx.Param)
    return params, lambda p, x: nnx.merge(graph, p)(x), ("layers/0", "layers/1", "layers/2")


def in_equinox():
    net = eqx.nn.MLP(3, 2, 4, 2, activation=jnp.tanh, key=KEY)
    net = eqx.tree_at(
        lambda n: [leaf for layer in n.layers for leaf in (layer.weight, layer.bias)],
        net,
        [jnp.asarray(leaf) for w, b in WEIGHTS for leaf in (w.T, b)],
    )
    params, rest = eqx.partition(net, eqx.is_inexact_array)

    def apply(params, x):
        whole, hidden = eqx.combine(params, rest), []
        for layer in whole.layers[:-1]:
            x = jnp.tanh(jax.vmap(layer)(x))
            hidden.append(x)
        return jax.vmap(whole.layers[-1])(x), hidden

    return params, apply, ("layers/0", "layers/1", "layers/2")


LIBRARIES = {"linen": in_linen, "nnx": in_nnx, "equinox": in_equinox}


def measured(params, apply):
    """Every probe, from a step of Adam."""
    rule = probes.remember(optimizers.adam(0.01))

    def loss(params, batch):
        return jnp.mean(apply(params, batch["x"])[0] ** 2)

    @jax.jit
    def measure(params):
        state, first = rule.init(params), jax.grad(loss)(params, BATCH)
        update, state = rule.update(first, state, params)
        moved = optax.apply_updates(params, update)
        gradient = jax.grad(loss)(moved, BATCH)
        memory, hidden = probes.memory(state), apply(params, BATCH["x"])[1]
        p = probes.adam_preconditioner(state)
        shown = {
            "norms": probes.layer_norms(gradient),
            "ratio": probes.update_to_weight_ratio(update, params),
            "change": probes.relative_change(moved, memory.start),
            "snr": probes.gradient_snr(loss, params, BATCH),
        }
        return {name: probes.stacked(value) for name, value in shown.items()} | {
            "cosine": probes.cosine(gradient, memory.gradient),
            "moments": probes.gradient_moments(loss, params, BATCH, 3),
            "along": probes.curvature_along(loss, params, BATCH, gradient),
            "top": probes.top_eigenvalues(loss, params, BATCH, KEY, 2, 42).values,
            "felt": probes.preconditioned_sharpness(loss, params, BATCH, KEY, p, 42),
            "std": jnp.stack(probes.activation_std(hidden)),
            "histogram": jnp.stack(probes.histogram(hidden, [-1.0, 0.0, 1.0])),
            "silent": jnp.stack(probes.silent_fraction(hidden, 0.5)),
        }

    return measure(params)


@pytest.fixture(scope="module")
def expected():
    return measured(*plain()[:2])


@pytest.mark.parametrize("library", LIBRARIES)
def test_gives_what_plain_arrays_give(library, expected):
    params, apply, names = LIBRARIES[library]()
    assert probes.layer_names(params) == names
    found = measured(params, apply)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5), found, expected
    )


def test_functions_and_counts_among_the_leaves_are_passed_over():
    net = eqx.nn.MLP(3, 2, 4, 2, key=KEY)
    assert probes.layer_names(net) == ("layers/0", "layers/1", "layers/2")
    assert probes.norm(net) == probes.norm(eqx.filter(net, eqx.is_inexact_array))
    tree = {"w": jnp.ones(4), "count": jnp.int32(7), "key": KEY, "name": "net"}
    assert probes.norm(tree) == 2


def test_layers_stand_in_order_of_depth_however_they_are_numbered():
    tree = {f"Dense_{i}": {"kernel": jnp.full((2, 2), float(i))} for i in range(12)}
    assert probes.layer_names(tree) == tuple(f"Dense_{i}" for i in range(12))
    norms = jax.jit(lambda t: probes.stacked(probes.layer_norms(t)))(tree)
    np.testing.assert_allclose(norms, 2.0 * np.arange(12), rtol=1e-6)


def test_depth_says_how_many_keys_name_a_layer():
    tree = {"a": {"dense": {"k": jnp.ones(2)}, "norm": {"s": jnp.ones(2)}}, "b": jnp.ones(5)}
    assert probes.layer_names(tree) == ("a/dense", "a/norm", "b")
    assert probes.layer_names(tree, 1) == ("a", "b")
    assert probes.layer_names(tree, 3) == ("a/dense/k", "a/norm/s", "b")
    np.testing.assert_allclose(probes.layer_norms(tree, 1)["a"], 2)
    with pytest.raises(InputError, match="depth"):
        probes.layers(tree, 0)


def test_remembering_changes_no_update_and_holds_what_was_before():
    params, _, _ = plain()
    ours, theirs = probes.remember(optax.adam(0.1)), optax.adam(0.1)
    state, twin, gradients = ours.init(params), theirs.init(params), []
    for at in range(3):
        gradient = jax.tree.map(lambda w: w + at, params)  # noqa: B023
        update, state = ours.update(gradient, state, params)
        same, twin = theirs.update(gradient, twin, params)
        jax.tree.map(np.testing.assert_array_equal, update, same)
        gradients.append(gradient)
    jax.tree.map(np.testing.assert_array_equal, probes.memory(state).start, params)
    jax.tree.map(np.testing.assert_array_equal, probes.memory((state,)).gradient, gradients[-1])
    with pytest.raises(InputError, match="remembers nothing"):
        probes.memory(twin)
