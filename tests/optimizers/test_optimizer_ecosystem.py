"""Every rule in a Flax TrainState, over a mesh, through a checkpoint; and its rate read back."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import orbax.checkpoint as ocp
import pytest
from flax.training.train_state import TrainState
from jax.sharding import AxisType, Mesh, NamedSharding
from jax.sharding import PartitionSpec as P
from optimizer_variants import PLAIN, typical_first

from lab import optimizers
from lab.optimizers import CATALOG
from lab.validation.errors import InputError

NAMES = list(CATALOG)
PARAMS = {"w": jnp.array([[1.0, -2.0], [0.5, 3.0]]), "b": jnp.array([0.5, -1.0])}
DECAY = optax.exponential_decay(0.1, 1, 0.5)


def loss(params, target=0.25):
    return optax.tree.norm(jax.tree.map(lambda p: p - target, params), squared=True)


def bent(params):
    """Entries of unlike curvature: else gradients are parallel, and SOAP divides noise by noise."""
    return jax.tree.map(lambda p: p * jnp.linspace(0.3, 3.0, p.size).reshape(p.shape), params)


def step(rule, params, state, f=loss):
    """One update, told all that any rule needs."""
    value, gradient = jax.value_and_grad(f)(params)
    updates, state = optax.with_extra_args_support(rule).update(
        gradient, state, params, value=value, grad=gradient, value_fn=f, obj_fn=f,
        grad_fn=lambda p, i: jax.grad(f)(p),
    )  # fmt: skip
    return optax.apply_updates(params, updates), state


def equal(a, b):
    for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        if jnp.issubdtype(x.dtype, jax.dtypes.prng_key):
            x, y = jax.random.key_data(x), jax.random.key_data(y)
        np.testing.assert_array_equal(x, y)


WITHOUT_SCHEDULE = {"polyak_sgd", "rprop"}  # whose rate is a bound, or a start


def made(name):
    return CATALOG[name].by_hand(0.1 if name in WITHOUT_SCHEDULE else DECAY)


@functools.cache
def trained(name):
    """Parameters and state after two updates, with a schedule."""
    rule = made(name)
    params, state = PARAMS, rule.init(PARAMS)
    for _ in range(2):
        params, state = step(rule, params, state)
    return {"params": params, "state": state}


@pytest.fixture(scope="module")
def restored(tmp_path_factory):
    """The same of every rule, written by Orbax and read back."""
    path = tmp_path_factory.mktemp("orbax") / "checkpoint"
    everything = {name: trained(name) for name in NAMES}
    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(path, everything)
        checkpointer.wait_until_finished()
        like = jax.tree.map(ocp.utils.to_shape_dtype_struct, everything)
        return checkpointer.restore(path, like)


@pytest.mark.parametrize("name", NAMES)
def test_after_a_checkpoint_the_next_update_has_the_same_bits(name, restored):
    before, after = trained(name), restored[name]
    assert jax.tree.structure(before) == jax.tree.structure(after)
    equal(before, after)
    rule = made(name)
    equal(step(rule, **before), step(rule, **after))


@pytest.mark.parametrize("name", [n for n in NAMES if n not in WITHOUT_SCHEDULE])
def test_the_rate_is_read_back_from_the_state_of_every_rule(name):
    rate = optimizers.current_learning_rate(trained(name)["state"], DECAY)
    np.testing.assert_allclose(rate, 0.05)


@pytest.mark.parametrize("name", typical_first(PLAIN))
def test_a_flax_train_state_moves_as_a_plain_loop(name):
    rule = CATALOG[name].by_hand(0.1)
    train = TrainState.create(apply_fn=loss, params=PARAMS, tx=rule)
    params, state = PARAMS, rule.init(PARAMS)
    for _ in range(2):
        train = train.apply_gradients(grads=jax.grad(loss)(train.params))
        updates, state = rule.update(jax.grad(loss)(params), state, params)
        params = optax.apply_updates(params, updates)
    equal((train.params, train.opt_state), (params, state))


QUICK = {"adam", "muon", "sgd"}
OVER_MESH = [
    pytest.param(n, marks=() if n in QUICK else pytest.mark.slow)
    for n in NAMES
    if not CATALOG[n].needs & {"value_fn", "objective"}  # those look at a loss of one shard
]


@pytest.mark.parametrize("name", OVER_MESH)
def test_over_the_shards_of_a_batch_it_moves_as_on_the_whole(name):
    rule = optax.with_extra_args_support(CATALOG[name].by_hand(0.1))
    targets = jnp.arange(8.0) / 8

    def run(params, targets, mean=lambda x: x):
        def mean_loss(params):
            return mean(jnp.mean(jax.vmap(lambda t: loss(bent(params), t))(targets)))

        def one(carry, _):
            params, state = carry
            value, gradient = jax.value_and_grad(mean_loss)(params)
            updates, state = rule.update(gradient, state, params, value=value)
            return (optax.apply_updates(params, updates), state), None

        return jax.lax.scan(one, (params, rule.init(params)), length=3)[0][0]

    mesh = Mesh(np.array(jax.devices()[:2]), ("batch",), axis_types=(AxisType.Auto,))
    over_shards = functools.partial(run, mean=lambda x: jax.lax.pmean(x, "batch"))
    sharded = jax.jit(
        jax.shard_map(over_shards, mesh=mesh, in_specs=(P(), P("batch")), out_specs=P())
    )(PARAMS, jax.device_put(targets, NamedSharding(mesh, P("batch"))))
    whole = jax.jit(run)(PARAMS, targets)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), sharded, whole
    )


WRAPPERS = {
    "chain": lambda f: optax.chain(optax.clip(1.0), f(DECAY)),
    "masked": lambda f: optax.masked(f(DECAY), {"w": True, "b": False}),
    "partition": lambda f: optax.partition(
        {"mine": f(DECAY), "none": optax.set_to_zero()}, {"w": "mine", "b": "none"}
    ),
    "apply_if_finite": lambda f: optimizers.apply_if_finite(f(DECAY), 2),
    "lookahead": lambda f: optimizers.lookahead(f(DECAY), 2, 0.5),
    "inject_hyperparams": lambda f: optax.inject_hyperparams(f)(learning_rate=DECAY),
}


@pytest.mark.parametrize("name", ["sgd", "adam", "lars"])
@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_the_rate_is_read_back_through_wrappers(name, wrapper):
    rule = WRAPPERS[wrapper](CATALOG[name].by_hand)
    given = None if wrapper == "inject_hyperparams" else DECAY
    read = jax.jit(lambda state: optimizers.current_learning_rate(state, given))
    params, state = PARAMS, rule.init(PARAMS)
    np.testing.assert_allclose(read(state), 0.1)
    for t in range(3):
        params, state = step(rule, params, state)
        np.testing.assert_allclose(read(state), 0.1 * 0.5**t, rtol=1e-6)


@pytest.mark.parametrize("lab_wrapper", [True, False])
def test_while_gradients_accumulate_the_rate_stays(lab_wrapper):
    inner = optimizers.adam(DECAY)
    rule = (
        optimizers.multi_steps(inner, 2)
        if lab_wrapper
        else optax.MultiSteps(inner, 2).gradient_transformation()
    )
    params, state, rates = PARAMS, rule.init(PARAMS), []
    for _ in range(6):
        params, state = step(rule, params, state)
        rates.append(float(optimizers.current_learning_rate(state, DECAY)))
    np.testing.assert_allclose(rates, [0.1, 0.1, 0.1, 0.05, 0.05, 0.025], rtol=1e-6)


@pytest.mark.parametrize("library", [optimizers, optax.contrib])
def test_a_plateau_is_part_of_the_rate(library):
    rule = optax.chain(optimizers.sgd(0.1), library.reduce_on_plateau(0.5, patience=1))
    state = rule.init(PARAMS)
    for _ in range(2):
        _, state = rule.update(PARAMS, state, PARAMS, value=1.0)
    np.testing.assert_allclose(optimizers.current_learning_rate(state, 0.1), 0.05)


def test_without_a_rate_to_read_it_says_what_to_do():
    state = optimizers.sgd(0.1).init(PARAMS)
    with pytest.raises(InputError, match="inject_hyperparams"):
        optimizers.current_learning_rate(state)
    with pytest.raises(InputError, match="no count"):
        optimizers.current_learning_rate(state, DECAY)
