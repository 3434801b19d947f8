"""Rules by hand go wherever an optax.GradientTransformation goes, and do there what optax's do."""

import inspect

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from differences import SETS_PARAMETERS
from flax import nnx
from optimizer_variants import PLAIN, typical_first

from lab import optimizers
from lab.optimizers import CATALOG

NAMES = PLAIN
TWINS = [name for name in PLAIN if CATALOG[name].via_optax is not None]
PARAMS = {"w": jnp.array([[1.0, -2.0]]), "b": jnp.array([0.5])}


def injected(factory):
    """inject_hyperparams of floats; sizes and functions stay as they are."""
    defaults = inspect.signature(factory).parameters.items()
    static = [k for k, p in defaults if isinstance(p.default, int) or callable(p.default)]
    return optax.inject_hyperparams(factory, static_args=static)(learning_rate=0.1)


WRAPPERS = {
    "chain": lambda f: optax.chain(optax.clip_by_global_norm(1.0), f(0.1), optax.scale(0.5)),
    "masked": lambda f: optax.masked(f(0.1), {"w": True, "b": False}),
    "multi_steps": lambda f: optax.MultiSteps(f(0.1), 2).gradient_transformation(),
    "inject_hyperparams": injected,
}


@pytest.mark.parametrize("name", TWINS)
def test_wrapped_by_optax_a_rule_moves_as_its_twin(name):
    def run(factory):
        rules = {label: wrap(factory) for label, wrap in WRAPPERS.items()}

        def step(states, scale):
            gradient = jax.tree.map(lambda p: scale * p, PARAMS)
            both = {k: r.update(gradient, states[k], PARAMS) for k, r in rules.items()}
            return {k: s for k, (_, s) in both.items()}, {k: u for k, (u, _) in both.items()}

        states = {label: rule.init(PARAMS) for label, rule in rules.items()}
        return jax.lax.scan(step, states, jnp.array([1.0, -0.5, 2.0, 0.1]))[1]

    by_hand, twin = run(CATALOG[name].by_hand), run(CATALOG[name].via_optax)
    largest = 1e-5 * max(jnp.max(jnp.abs(p)) for p in PARAMS.values())
    atol = largest if name in SETS_PARAMETERS else 0.0
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, 1e-5, atol), by_hand, twin)


def test_an_injected_rate_is_read_from_and_written_to_the_state():
    rule = optax.inject_hyperparams(optimizers.adam)(learning_rate=0.1)
    state = rule.init(PARAMS)
    state.hyperparams["learning_rate"] = jnp.float32(0.2)
    updates, _ = rule.update(PARAMS, state)
    np.testing.assert_allclose(updates["w"], [[-0.2, 0.2]], rtol=1e-5)


def _data():
    x = jax.random.normal(jax.random.key(0), (16, 3))
    return x, x @ jnp.array([[1.0], [-2.0], [0.5]])


def _rule(name):
    space = CATALOG[name].search_space["learning_rate"]
    # where there is no gradient SOAP takes rounding of 1e-8 for one, which depends on the program
    larger = {"eps": 1e-3} if name == "soap" else {}
    return CATALOG[name].by_hand(space.at(0.5), **larger)


def losses_of_plain_loop(rule, loss, params):
    state, losses = rule.init(params), []
    for _ in range(5):
        value, gradient = jax.value_and_grad(loss)(params)
        updates, state = rule.update(gradient, state, params)
        params = optax.apply_updates(params, updates)
        losses.append(value)
    return losses


@pytest.mark.parametrize("name", typical_first(NAMES))
def test_a_flax_nnx_training_loop_takes_the_steps_of_a_plain_one(name):
    model, rule = nnx.Linear(3, 1, rngs=nnx.Rngs(0)), _rule(name)
    x, y = _data()
    params = {"kernel": model.kernel[...], "bias": model.bias[...]}

    def plain(params):
        return jnp.mean((x @ params["kernel"] + params["bias"] - y) ** 2)

    def step(model, optimizer):
        loss, gradient = nnx.value_and_grad(lambda m: jnp.mean((m(x) - y) ** 2))(model)
        optimizer.update(model, gradient)
        return loss

    optimizer = nnx.Optimizer(model, rule, wrt=nnx.Param)
    losses = [step(model, optimizer) for _ in range(5)]
    np.testing.assert_allclose(losses, losses_of_plain_loop(rule, plain, params), 1e-4)
    assert losses[-1] != losses[0]


@pytest.mark.parametrize("name", typical_first(NAMES))
def test_an_equinox_training_loop_takes_the_steps_of_a_plain_one(name):
    model, rule = eqx.nn.MLP(3, 1, 4, 1, key=jax.random.key(1)), _rule(name)
    x, y = _data()
    params = [(layer.weight, layer.bias) for layer in model.layers]  # in the order of Equinox

    def plain(params):
        (w1, b1), (w2, b2) = params
        return jnp.mean((jax.nn.relu(x @ w1.T + b1) @ w2.T + b2 - y) ** 2)

    def loss(model):
        return jnp.mean((jax.vmap(model)(x) - y) ** 2)

    state, losses = rule.init(eqx.filter(model, eqx.is_array)), []
    for _ in range(5):
        value, gradient = eqx.filter_value_and_grad(loss)(model)
        updates, state = rule.update(gradient, state, eqx.filter(model, eqx.is_array))
        model = eqx.apply_updates(model, updates)
        losses.append(value)
    np.testing.assert_allclose(losses, losses_of_plain_loop(rule, plain, params), 1e-4)
    assert losses[-1] != losses[0]
