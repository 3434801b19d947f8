"""Transforms by hand = optax's, alone and in a chain, step by step; and what optax lacks."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from lab import optimizers
from lab.validation.errors import InputError

STEPS = 24
SHAPES = {"w": (4, 3), "b": (3,), "deep": {"s": (), "kernel": (2, 2, 3, 2), "stack": (2, 3, 4)}}


def _tree(seed, dtype, scale=1.0):
    rng = np.random.default_rng(seed)
    return jax.tree.map(
        lambda shape: jnp.asarray(scale * rng.normal(size=shape), dtype),
        SHAPES,
        is_leaf=lambda x: isinstance(x, tuple),
    )


def _gradients(dtype):
    """Small and large ones, so that every bound is met on both sides."""
    return [_tree(t, dtype, 10.0 ** (t % 5 - 2)) for t in range(STEPS)]


def _with_bad_ones(dtype):
    given = _gradients(dtype)
    for t in (3, 9, 10, 11, 12):
        given[t] = given[t] | {"b": given[t]["b"].at[1].set(jnp.nan if t % 2 else jnp.inf)}
    return given


def _run(rule, gradients, dtype, extras=None, compile=True, pair=False):
    """All updates, and all parameters, on the way."""
    params = _tree(100, dtype)
    params = optax.LookaheadParams.init_synced(params) if pair else params
    state = rule.init(params)

    def step(params, state, gradient, extra):
        updates, state = rule.update(gradient, state, params, **extra)
        return updates, optax.apply_updates(params, updates), state

    step = jax.jit(step) if compile else step
    history = []
    for t, gradient in enumerate(gradients):
        extra = {} if extras is None else extras[t]
        updates, params, state = step(params, state, gradient, extra)
        history.append(updates.fast if pair else updates)
    return jax.tree.map(lambda *u: np.stack(u), *history)


def worst(history, reference):
    def leaf(u, r):
        assert u.dtype == r.dtype
        fine = np.isfinite(r)
        np.testing.assert_array_equal(np.isfinite(u), fine)
        scale = np.max(np.abs(r[fine]), initial=0.0)
        return np.max(np.abs(u[fine] - r[fine]), initial=0.0) / (scale or 1.0)

    return max(jax.tree.leaves(jax.tree.map(leaf, history, reference)))


TOLERANCE = {"float64": 1e-12, "float32": 1e-5}
PAIRS = {
    "clip": lambda lib: lib.clip(0.5),
    "clip_by_global_norm": lambda lib: lib.clip_by_global_norm(2.0),
    "clip_by_block_rms": lambda lib: lib.clip_by_block_rms(0.7),
    "adaptive_grad_clip": lambda lib: lib.adaptive_grad_clip(0.3),
    "adaptive_grad_clip_eps": lambda lib: lib.adaptive_grad_clip(0.1, eps=2.0),
    "centralize": lambda lib: lib.centralize(),
    "ema": lambda lib: lib.ema(0.8),
    "ema_plain": lambda lib: lib.ema(0.8, debias=False),
    "ema_wide": lambda lib: lib.ema(0.5, accumulator_dtype="float32"),
    "add_noise": lambda lib: lib.add_noise(0.1, 0.55, 3),
    "add_decayed_weights": lambda lib: lib.add_decayed_weights(0.1),
    "freeze": lambda lib: lib.freeze({"w": True, "b": False, "deep": True}),
}


def _chained(make, lib):
    return optax.chain(lib.clip_by_global_norm(50.0), make(lib), lib.adam(0.01))


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("chained", [False, True], ids=["alone", "chain"])
@pytest.mark.parametrize("name", PAIRS)
def test_every_update_equals_that_of_optax(name, chained, dtype):
    make = PAIRS[name]
    with jax.enable_x64(dtype == "float64"):
        rules = [_chained(make, lib) if chained else make(lib) for lib in (optimizers, optax)]
        by_hand, twin = (_run(rule, _gradients(dtype), dtype) for rule in rules)
    assert worst(by_hand, twin) <= TOLERANCE[dtype]


@pytest.mark.parametrize("name", PAIRS)
def test_under_strict_promotion_without_compilation_it_is_the_same(name):
    gradients = _gradients("float32")[:6]
    twin = _run(PAIRS[name](optax), gradients, "float32")
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        rule = PAIRS[name](optimizers)
        params, state, history = _tree(100, "float32"), rule.init(_tree(100, "float32")), []
        for gradient in gradients:
            updates, state = rule.update(gradient, state, params)
            params = optax.apply_updates(params, updates)
            history.append(updates)
    assert worst(jax.tree.map(lambda *u: np.stack(u), *history), twin) <= 1e-5


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("mean", [True, False], ids=["mean", "sum"])
@pytest.mark.parametrize("k", [1, 3, lambda step: jnp.where(step < 2, 2, 4)])
def test_accumulation_equals_that_of_optax(k, mean, dtype):
    with jax.enable_x64(dtype == "float64"):
        decay = optax.cosine_decay_schedule(0.1, 5)
        by_hand = optimizers.multi_steps(optimizers.adamw(decay), k, mean, dtype)
        twin = optax.MultiSteps(
            optax.adamw(decay), k, use_grad_mean=mean, accumulator_dtype=dtype
        ).gradient_transformation()
        runs = [_run(rule, _gradients(dtype), dtype) for rule in (by_hand, twin)]
    assert worst(*runs) <= TOLERANCE[dtype]


def test_accumulation_of_parts_of_a_batch_is_the_step_on_the_whole():
    rule = optimizers.adam(0.1)
    params, gradients = _tree(0, "float32"), _gradients("float32")[:4]
    whole = jax.tree.map(lambda *g: jnp.mean(jnp.stack(g), 0), *gradients)
    expected, _ = rule.update(whole, rule.init(params), params)
    several = optimizers.multi_steps(rule, 4)
    state = several.init(params)
    for gradient in gradients:
        updates, state = several.update(gradient, state, params)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7), updates, expected
    )
    assert (int(state.mini_step), int(state.gradient_step)) == (0, 1)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("allowed", [0, 1, 2, 10])
def test_skipping_equals_that_of_optax(allowed, dtype):
    with jax.enable_x64(dtype == "float64"):
        runs = [
            _run(
                lib.apply_if_finite(lib.sgd(0.1, momentum=0.9), allowed),
                _with_bad_ones(dtype),
                dtype,
            )
            for lib in (optimizers, optax)
        ]
    assert worst(*runs) <= TOLERANCE[dtype]


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize(("k", "alpha"), [(1, 0.5), (5, 0.8)])
def test_lookahead_moves_as_the_fast_weights_of_optax(k, alpha, reset, dtype):
    with jax.enable_x64(dtype == "float64"):
        by_hand, twin = (
            _run(
                lib.lookahead(lib.sgd(0.1, momentum=0.9), k, alpha, reset_state=reset),
                _gradients(dtype),
                dtype,
                pair=lib is optax,
            )
            for lib in (optimizers, optax)
        )
    assert worst(by_hand, twin) <= TOLERANCE[dtype]


def test_the_slow_weights_of_lookahead_are_those_of_optax():
    mine = optimizers.lookahead(optimizers.adam(0.1), 3, 0.5)
    twin = optax.lookahead(optax.adam(0.1), 3, 0.5)
    params = _tree(100, "float32")
    pair = optax.LookaheadParams.init_synced(params)
    state, twin_state = mine.init(params), twin.init(pair)
    for gradient in _gradients("float32")[:7]:
        updates, state = mine.update(gradient, state, params)
        params = optax.apply_updates(params, updates)
        pair_updates, twin_state = twin.update(gradient, twin_state, pair)
        pair = optax.apply_updates(pair, pair_updates)
    jax.tree.map(
        functools.partial(np.testing.assert_allclose, rtol=1e-5, atol=1e-6),
        optax.tree.get(state, "slow"),
        pair.slow,
    )


PLATEAUS = [
    {},
    {"patience": 2},
    {"factor": 0.5, "patience": 1, "cooldown": 3, "min_scale": 0.1},
    {"factor": 0.3, "patience": 2, "rtol": 0.0, "atol": 0.1, "accumulation_size": 3},
    {"patience": 1, "accumulation_size": 2},
]


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("kwargs", PLATEAUS, ids=lambda kwargs: "-".join(kwargs) or "defaults")
def test_reducing_on_plateaus_equals_that_of_optax_state_included(kwargs, dtype):
    rng = np.random.default_rng(0)
    losses = np.concatenate([np.linspace(3, 1, 40), np.full(60, 1.0), 0.8 * np.ones(60)])
    losses = losses + 0.05 * rng.normal(size=losses.size)
    with jax.enable_x64(dtype == "float64"):
        gradient = _tree(0, dtype)

        def run(rule):
            def step(state, loss):
                updates, state = rule.update(gradient, state, value=loss)
                return state, (updates, state)

            return jax.lax.scan(step, rule.init(gradient), jnp.asarray(losses, dtype))[1]

        mine = jax.jit(lambda: run(optimizers.reduce_on_plateau(**kwargs)))()
        twin = jax.jit(lambda: run(optax.contrib.reduce_on_plateau(**kwargs)))()
        updates, state = mine
        assert worst(updates, twin[0]) <= TOLERANCE[dtype]
        for name, field in state._asdict().items():
            reference = np.asarray(getattr(twin[1], name))
            assert field.dtype == reference.dtype
            np.testing.assert_allclose(field, reference, rtol=TOLERANCE[dtype])


def test_numbers_of_a_plateau_may_be_traced():
    def scale(factor, patience):
        rule = optimizers.reduce_on_plateau(factor, patience)
        state = rule.init(jnp.zeros(1))
        for _ in range(4):
            _, state = rule.update(jnp.ones(1), state, value=1.0)
        return state.scale

    assert jax.jit(scale)(0.5, 3) == scale(0.5, 3) == 0.5


def test_clipping_every_array_bounds_each_norm_and_keeps_directions():
    rule = optimizers.clip_by_block_norm(0.5)
    for gradient in _gradients("float32")[:5]:
        clipped, _ = rule.update(gradient, rule.init(gradient))
        for g, c in zip(jax.tree.leaves(gradient), jax.tree.leaves(clipped), strict=True):
            length = np.linalg.norm(g)
            np.testing.assert_allclose(np.linalg.norm(c), min(length, 0.5), rtol=1e-5)
            np.testing.assert_allclose(c * length, g * np.linalg.norm(c), rtol=1e-4, atol=1e-6)


def test_clipped_norms_of_bfloat16_are_summed_in_float32():
    gradient = jnp.ones(100_000, jnp.bfloat16)
    rule = optimizers.clip_by_global_norm(1.0)
    clipped, _ = rule.update(gradient, rule.init(gradient))
    assert clipped.dtype == jnp.bfloat16
    np.testing.assert_allclose(clipped[0], 1 / np.sqrt(1e5), rtol=1e-2)


def _lasso():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 12)).astype(np.float32)
    truth = np.zeros(12, np.float32)
    truth[:3] = [2.0, -1.5, 1.0]
    return x, x @ truth + 0.1 * rng.normal(size=60).astype(np.float32)


@pytest.mark.parametrize("scheduled", [False, True])
def test_the_proximal_step_solves_the_lasso_with_exact_zeros(scheduled):
    x, y = _lasso()
    strength = 0.2
    rate = (lambda count: 0.3 / (1 + 0.001 * count)) if scheduled else 0.3

    def run(rule):
        def step(carry, _):
            params, state = carry
            gradient = x.T @ (x @ params - y) / len(y)
            updates, state = rule.update(gradient, state, params)
            return (optax.apply_updates(params, updates), state), None

        params = jnp.zeros(12)
        return jax.lax.scan(step, (params, rule.init(params)), length=400)[0][0]

    proximal = run(optax.chain(optimizers.sgd(rate), optimizers.proximal_l1(strength, rate)))
    assert np.sum(np.asarray(proximal) == 0) == 9
    residual = x.T @ (x @ proximal - y) / len(y)  # optimal: −residual ∈ λ ∂‖w‖₁
    np.testing.assert_allclose(-residual[:3], strength * np.sign(proximal[:3]), atol=1e-5)
    assert np.all(np.abs(residual[3:]) <= strength + 1e-5)
    penalty = run(optax.chain(optimizers.add_l1_weights(strength), optimizers.sgd(rate)))
    assert np.sum(np.asarray(penalty) == 0) == 0
    np.testing.assert_allclose(penalty, proximal, atol=0.2)


def test_the_subgradient_of_the_penalty_is_that_of_jax():
    params = _tree(3, "float32")
    rule = optimizers.add_l1_weights(0.3)
    zeros = jax.tree.map(jnp.zeros_like, params)
    penalty = jax.grad(lambda p: 0.3 * sum(jnp.sum(jnp.abs(w)) for w in jax.tree.leaves(p)))
    updates, _ = rule.update(zeros, rule.init(params), params)
    jax.tree.map(np.testing.assert_array_equal, updates, penalty(params))


def test_frozen_layers_keep_their_bits_and_others_move():
    rule = optax.chain(optimizers.adamw(0.1), optimizers.freeze(lambda p: {k: k == "w" for k in p}))
    params = _tree(0, "float32")
    updates, _ = rule.update(params, rule.init(params), params)
    moved = optax.apply_updates(params, updates)
    np.testing.assert_array_equal(moved["w"], params["w"])
    assert all((u != 0).all() for u in jax.tree.leaves([updates["b"], updates["deep"]]))


def test_layers_have_rates_of_their_own():
    factors = {"w": 2.0, "b": 0.0, "deep": 0.5}
    params = _tree(0, "float32")
    rule = optax.chain(optimizers.adam(0.1), optimizers.scale_layers(factors))
    by_layer, _ = rule.update(params, rule.init(params), params)
    for name, factor in factors.items():
        alone = optimizers.adam(0.1 * factor)
        expected, _ = alone.update(params[name], alone.init(params[name]))
        jax.tree.map(
            lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6), by_layer[name], expected
        )

    @jax.jit
    def traced(factor):
        rule = optimizers.scale_layers({"w": factor, "b": 1.0, "deep": 1.0})
        return rule.update(params, rule.init(params))[0]["w"]

    np.testing.assert_allclose(traced(3.0), 3 * params["w"], rtol=1e-6)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: optimizers.lookahead(optimizers.sgd(0.1), 0, 0.5),
            "sync_period must be a whole number of at least 1",
        ),
        (
            lambda: optimizers.reduce_on_plateau(1.0),
            "factor must be a number strictly between 0 and 1",
        ),
        (lambda: optimizers.reduce_on_plateau(rtol=0.0), "rtol or atol must be positive"),
        (
            lambda: optimizers.reduce_on_plateau(rtol=1.5),
            "rtol must be a number between 0 and 1, given 1.5",
        ),
        (lambda: optimizers.reduce_on_plateau().update(1.0, None), "needs the loss"),
        (lambda: optimizers.add_noise(1.0, 0.5, 1, seed=2), "not both"),
        (lambda: optimizers.proximal_l1(0.1, 0.1).update(1.0, ()), "proximal_l1 needs params"),
        (lambda: optimizers.max_norm(1.0).update(1.0, ()), "max_norm needs params"),
        (lambda: optimizers.add_l1_weights(0.1).update(1.0, ()), "add_l1_weights needs params"),
        (lambda: optimizers.adaptive_grad_clip(0.1).update(1.0, ()), "needs params"),
    ],
)
def test_bad_input_is_refused_in_a_sentence(make, message):
    with pytest.raises(InputError, match=message):
        make()
