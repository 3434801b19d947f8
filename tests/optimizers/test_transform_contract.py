"""What every transform promises: dtypes, states, traced numbers, tracing, mapping."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from lab import optimizers, schedules

PARAMS = {"w": jnp.array([[1.0, -2.0], [3.0, 0.5]]), "b": jnp.array([0.5, -0.25])}
MADE = {  # of one number
    "clip": optimizers.clip,
    "clip_by_global_norm": optimizers.clip_by_global_norm,
    "clip_by_block_norm": optimizers.clip_by_block_norm,
    "clip_by_block_rms": optimizers.clip_by_block_rms,
    "adaptive_grad_clip": optimizers.adaptive_grad_clip,
    "ema": optimizers.ema,
    "add_noise": lambda x: optimizers.add_noise(x, x, 0),
    "add_l1_weights": optimizers.add_l1_weights,
    "proximal_l1": lambda x: optimizers.proximal_l1(x, x),
    "proximal_l1_scheduled": lambda x: optimizers.proximal_l1(
        x, schedules.inverse_time_decay(x, 1, 1.0)
    ),
    "proximal_elastic_net": lambda x: optimizers.proximal_elastic_net(x, x, x),
    "max_norm": optimizers.max_norm,
    "scale_layers": lambda x: optimizers.scale_layers({"w": x, "b": 1.0}),
    "freeze": lambda x: optimizers.freeze({"w": True, "b": False}),
    "centralize": lambda x: optimizers.centralize(),
    "cautious": lambda x: optimizers.cautious(optimizers.adam(x), x, x),
    "lookahead": lambda x: optimizers.lookahead(optimizers.adam(x), 2, x, reset_state=True),
    "multi_steps": lambda x: optimizers.multi_steps(optimizers.adam(x), 2),
    "apply_if_finite": lambda x: optimizers.apply_if_finite(optimizers.adam(x), 2),
    "reduce_on_plateau": lambda x: optimizers.reduce_on_plateau(x, 1, x, min_scale=x / 9),
}


def kinds(tree):
    avals = [jax.typeof(x) for x in jax.tree.leaves(tree)]
    return jax.tree.structure(tree), [(a.shape, a.dtype, a.weak_type) for a in avals]


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.bfloat16], ids=["float32", "bfloat16"])
@pytest.mark.parametrize("name", MADE)
def test_of_traced_numbers_it_traces_once_and_keeps_dtypes(name, dtype):
    params = jax.tree.map(lambda p: p.astype(dtype), PARAMS)
    state, traces = MADE[name](0.3).init(params), []

    @jax.jit
    def step(state, number):
        traces.append(number)
        rule = optax.with_extra_args_support(MADE[name](number))
        return rule.update(params, state, params, value=number, other="ignored")

    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        for number in (0.3, 0.2, 0.1):
            updates, new = step(state, jnp.float32(number))
            assert kinds(new) == kinds(state)
            assert kinds(updates) == kinds(params)
            state = new
    assert len(traces) == 1


@pytest.mark.parametrize("name", MADE)
def test_static_and_traced_numbers_agree_and_may_be_mapped_over(name):
    def run(number):
        rule = optax.with_extra_args_support(MADE[name](number))
        state = rule.init(PARAMS)
        for _ in range(2):
            updates, state = rule.update(PARAMS, state, PARAMS, value=1.0)
        return updates

    mapped = jax.vmap(run)(jnp.array([0.3, 0.1]))
    for i, number in enumerate((0.3, 0.1)):
        jax.tree.map(
            lambda m, s: np.testing.assert_allclose(m[i], s, rtol=1e-5, atol=1e-6),  # noqa: B023
            mapped,
            run(number),
        )


@pytest.mark.parametrize("name", MADE)
def test_states_are_built_by_tree_maps_and_counters_stop_at_the_last(name):
    rule = optax.with_extra_args_support(MADE[name](0.3))
    state = rule.init(PARAMS)
    mapped = optax.tree_map_params(rule, lambda x: x + 1, state)
    assert jax.tree.structure(mapped) == jax.tree.structure(state)
    last = jnp.iinfo(jnp.int32).max
    full = jax.tree.map(lambda x: jnp.int32(last) if x.dtype == jnp.int32 else x, state)
    _, after = rule.update(PARAMS, full, PARAMS, value=1.0)
    assert all(int(x) >= 0 for x in jax.tree.leaves(after) if x.dtype == jnp.int32)


@pytest.mark.parametrize("name", sorted(set(MADE) - {"clip", "add_noise"}))
def test_complex_gradients_are_turned_as_a_whole(name):
    """A phase of all gradients and parameters is a phase of the updates."""
    turn = jnp.exp(1j * jnp.float32(0.7))

    def run(phase):
        params = jax.tree.map(lambda p: (p + 0.3j) * phase, PARAMS)
        rule = optax.with_extra_args_support(MADE[name](0.3))
        state = rule.init(params)
        for _ in range(2):
            updates, state = rule.update(params, state, params, value=1.0)
        return updates

    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b * turn, rtol=1e-4, atol=1e-6),
        run(turn),
        run(1),
    )
