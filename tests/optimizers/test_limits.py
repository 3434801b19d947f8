"""Where numbers are very large or small, or are none: right values by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax.sharding import AxisType, NamedSharding, PartitionSpec

from lab import optimizers
from lab.optimizers.common import counter
from lab.optimizers.common.scheduled import warmed_up
from lab.optimizers.common.trees import tree_norm
from lab.validation.errors import InputError


def last_update(rule, gradient, times, params=None, **extra):
    params = jnp.zeros_like(gradient) if params is None else params
    state = rule.init(params)
    update = jax.jit(lambda s: rule.update(gradient, s, params, **extra))
    for _ in range(times):
        updates, state = update(state)
    return np.asarray(updates, np.float32)


# 16 bits


@pytest.mark.parametrize(
    ("rule", "gradient", "times", "right"),
    [
        (optimizers.momentum(1e-5), 3e4, 4, -1e-5 * 3e4 * (1 + 0.9 + 0.81 + 0.729)),
        (optimizers.sgd(1e-3, 0.9), 1e4, 200, -100.0),
        (optimizers.adam(0.1, eps=0.0), 3e-7, 60, -0.1),
        (optimizers.ema(0.9), 3e-7, 60, 3e-7),
        (optimizers.signum(0.1), 3e-7, 60, -0.1),
        (optimizers.novograd(1e-3), 3e4, 200, -1e-2 / 2**0.5),  # divided by a norm of two entries
    ],
    ids=["momentum", "sgd", "adam", "ema", "signum", "novograd"],
)
def test_means_of_float16_neither_overflow_nor_vanish(rule, gradient, times, right):
    updates = last_update(rule, jnp.full(2, gradient, jnp.float16), times)
    np.testing.assert_allclose(updates, right, rtol=1e-2, atol=6e-8)


def test_a_long_mean_of_bfloat16_does_not_stand_still():
    """α (1 − β₃ᵗ) m and the short mean, of gradients of one: .1 (1 + 5 (1 − .9999²⁰⁰⁰))."""
    rule, gradient = optimizers.ademamix(0.1), jnp.ones(1, jnp.bfloat16)
    params = jnp.zeros(1, jnp.bfloat16)

    def step(state, _):
        updates, state = rule.update(gradient, state, params)
        return state, updates

    _, updates = jax.lax.scan(step, rule.init(params), length=2000)
    right = -0.1 * (1 + 5 * (1 - 0.9999**2000))
    np.testing.assert_allclose(np.float32(updates[-1]), right, rtol=1e-2)


def test_points_of_evaluation_are_taken_in_32_bits():
    """Right after `init` the average is where the parameters are."""
    rule = optimizers.schedule_free_sgd(0.5, b1=0.1)
    for dtype, value in ((jnp.bfloat16, 1000.0), (jnp.float16, 60000.0)):
        params = jnp.array([value], dtype)
        point = optimizers.schedule_free_eval_params(rule.init(params), params)
        np.testing.assert_array_equal(point, params)


def test_updates_of_wide_parameters_are_not_rounded_to_narrow_gradients():
    rule, params = optimizers.proximal_l1(1.0, 1.0), jnp.array([0.12345])
    updates, _ = rule.update(jnp.zeros(1, jnp.bfloat16), rule.init(params), params)
    assert params + updates == 0


# Norms


@pytest.mark.parametrize("size", [1e-30, 1e-25, 1e20, 1e30])
@pytest.mark.parametrize("dtype", [jnp.float32, jnp.bfloat16])
def test_no_norm_overflows_or_vanishes(dtype, size):
    gradient, ones = jnp.full(4, size, dtype), jnp.ones(4, dtype)
    near = float(np.float32(gradient[0]))
    assert float(tree_norm(gradient)) == pytest.approx(2 * near, rel=1e-6)
    for rule, right in (
        (optimizers.clip_by_global_norm(1.0), 0.5),
        (optimizers.clip_by_block_norm(1.0), 0.5),
        (optimizers.clip_by_block_rms(1.0), 1.0),
        (optimizers.adaptive_grad_clip(1.0), 1.0),
    ):
        updates = np.asarray(rule.update(gradient, rule.init(ones), ones)[0], np.float32)
        np.testing.assert_allclose(updates, min(near, right), rtol=1e-6)


def test_adaptive_clipping_has_no_other_floor_than_its_own():
    rule, params = optimizers.adaptive_grad_clip(1e-5), jnp.zeros(4)
    updates, _ = rule.update(jnp.full(4, 1e-7), rule.init(params), params)
    np.testing.assert_allclose(updates, 5e-9, rtol=1e-6)  # 1e-5 · 1e-3 / 2e-7 · 1e-7


# No numbers


def test_a_cautious_rule_shows_what_is_no_number():
    rule = optimizers.cautious(optimizers.adam(0.1))
    updates = last_update(rule, jnp.array([1.0, jnp.nan]), 1)
    assert np.isnan(updates[1])


def test_means_of_batches_overflow_only_if_they_are_infinite():
    rule = optimizers.multi_steps(optimizers.sgd(1.0), 2)
    state = rule.init(jnp.zeros(1))
    for gradient in (3e38, -3e38):
        updates, state = rule.update(jnp.array([gradient]), state)
    assert updates == 0
    rule = optimizers.multi_steps(optimizers.sgd(1.0), 3)
    state = rule.init(jnp.zeros(1))
    for gradient in (jnp.inf, 1.0, 1.0):
        updates, state = rule.update(jnp.array([gradient]), state)
    assert updates == -jnp.inf


def test_a_loss_that_is_no_number_is_skipped_as_a_gradient_is():
    rule = optimizers.apply_if_finite(optimizers.momo(0.1), 3)
    params = jnp.array([1.0])
    _, state = rule.update(params, rule.init(params), params, value=jnp.nan)
    updates, _ = rule.update(params, state, params, value=0.5)
    assert jnp.isfinite(updates).all()


def test_sam_hands_on_what_its_rule_needs():
    params = jnp.array([1.0, 2.0])
    for opaque in (False, True):
        rule = optimizers.sam(
            optimizers.polyak_sgd(1.0), optimizers.sgd(0.1), sync_period=1, opaque_mode=opaque
        )
        extra = {"value": 5.0, "grad_fn": lambda w, _: 2 * w}
        updates, _ = rule.update(2 * params, rule.init(params), params, **extra)
        np.testing.assert_allclose(updates, -5.0 / 20 * 2 * params, rtol=1e-6)


# Counts


@pytest.mark.parametrize("offset", [4, 33554432, 16777217])
def test_adafactor_sees_the_age_of_its_state_alone(offset):
    rule = optimizers.adafactor(
        decay_offset=offset, multiply_by_parameter_scale=False, clipping_threshold=None
    )
    state = jax.tree.map(
        lambda x: jnp.int32(offset) if x.dtype == jnp.int32 else x, rule.init(jnp.ones(1))
    )
    history = []
    for gradient in (1.0, 2.0, 3.0, 4.0):
        updates, state = rule.update(jnp.array([gradient]), state, jnp.ones(1))
        history.append(float(updates[0]))
    # by hand: β = 1 − t^(−.8), V of squares 1, 4, 9, 16
    v, right = 0.0, []
    for t, g in enumerate((1.0, 2.0, 3.0, 4.0), 1):
        beta = 1 - t**-0.8
        v = beta * v + (1 - beta) * g * g
        right.append(-g / v**0.5)
    np.testing.assert_allclose(history, right, rtol=1e-5)


def test_asgd_begins_to_average_at_a_late_update():
    start = 33554432
    rule = optimizers.asgd(0.1, lambd=0.0, t0=start)
    params = jnp.array([1.0])
    state, seen = rule.init(params)._replace(count=jnp.int32(start)), []
    for _ in range(3):
        updates, state = rule.update(jnp.ones(1), state, params)
        params = params + updates
        seen.append(float(params[0]))
    np.testing.assert_allclose(state.ax, (seen[1] + seen[2]) / 2, rtol=1e-6)  # μ = 1, 1, ½


def test_a_difference_of_counts_is_exact():
    for start in (33554432, 16777217, 2.5, 0):
        for after in (0, 1, 5):
            count = jnp.int32(int(np.ceil(start)) + after)
            right = int(count) - start
            assert float(counter.since(count, start, jnp.float32)) == right
    traced = jax.jit(lambda s: counter.since(jnp.int32(33554437), s, jnp.float32))
    assert float(traced(jnp.float32(33554432))) == 5


def test_a_warm_up_holds_its_ends():
    schedule = warmed_up(0.5, 4)
    at = [float(schedule(jnp.int32(t))) for t in (-5, 0, 3, 2**31 - 1)]
    assert at == [0.125, 0.125, 0.5, 0.5]


# What is no number of the right kind

P = jnp.array([0.5, -1.0])


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: optimizers.adam(np.float32("nan")), "learning_rate must be"),
        (lambda: optimizers.adam(0.1, mu_dtype=jnp.int32), "mu_dtype must be a floating-point"),
        (lambda: optimizers.schedule_free_sgd(0.1, state_dtype="uint8"), "state_dtype must be a"),
        (lambda: optimizers.schedule_free_sgd(0.1, warmup_steps=-4), "warmup_steps must be"),
        (lambda: optimizers.schedule_free_adamw(0.1, warmup_steps=-4), "warmup_steps must be"),
        (lambda: optimizers.prodigy(betas=(2.0, 0.9)), "betas must be"),
        (lambda: optimizers.scale_by_shampoo(update_interval=0), "update_interval must be"),
        (lambda: optimizers.multi_steps(optimizers.sgd(0.1), float("inf")), "every_k_schedule"),
        (lambda: optimizers.simplified_ademamix(0.1, b1=2.0), "b1 must be"),
        (lambda: optimizers.kron(0.1, preconditioner_update_probability=0.0), "preconditioner_"),
        (lambda: optimizers.ema(1.0), "decay must be"),
        (lambda: optimizers.adamw(1.0, mask=0.5), "mask must be a tree of booleans"),
        (lambda: optimizers.freeze({"w": 0.5}), "mask must be a tree of booleans"),
        (lambda: optimizers.clip(1.0).update(P + 1j, None), "clip is of real parameters"),
        (lambda: optimizers.sophia(0.1).init(P + 1j), "sophia is of real parameters"),
    ],
)
def test_it_is_refused_in_a_sentence(make, sentence):
    with pytest.raises(InputError, match=sentence):
        make()


def test_a_real_mean_of_complex_parameters_is_refused():
    rule, params = optimizers.adam(0.1, mu_dtype=jnp.float32), P + 1j
    with pytest.raises(InputError, match="imaginary part"):
        rule.update(params, rule.init(params), params)


@pytest.mark.parametrize("key", [7, jax.random.key(7), jax.random.PRNGKey(7)], ids=repr)
def test_keys_of_all_kinds_are_the_same_key(key):
    for make in (
        lambda k: optimizers.noisy_sgd(0.1, key=k),
        lambda k: optimizers.add_noise(1, 1, k),
    ):
        rule, other = make(key), make(7)
        mine, right = (r.update(P, r.init(P), P)[0] for r in (rule, other))
        np.testing.assert_array_equal(mine, right)
    estimate = optimizers.hutchinson_estimator_diag_hessian(key)
    diagonal, _ = estimate.update(P, estimate.init(P), P, obj_fn=lambda w: jnp.sum(w**4))
    np.testing.assert_allclose(diagonal, 12 * P**2, rtol=1e-6)


def test_none_is_a_dtype_where_none_is_offered():
    rule = optimizers.multi_steps(optimizers.sgd(0.1), 2, accumulator_dtype=None)
    assert rule.init(P.astype(jnp.bfloat16)).acc_grads.dtype == jnp.bfloat16
    optimizers.adafactor(0.1, momentum=0.9, dtype_momentum=None).init(P)


@pytest.mark.parametrize("wrap", ["multi_steps", "apply_if_finite"])
def test_conditions_keep_explicit_shards_uncompiled(wrap):
    mesh = jax.make_mesh((2,), ("x",), axis_types=(AxisType.Explicit,), devices=jax.devices()[:2])
    with jax.set_mesh(mesh):
        params = jax.device_put(jnp.arange(8.0) + 1, NamedSharding(mesh, PartitionSpec("x")))
        rule = getattr(optimizers, wrap)(optax.sgd(0.5), 1)
        updates, _ = rule.update(params, rule.init(params), params)
        np.testing.assert_allclose(updates, -0.5 * (np.arange(8.0) + 1))


def test_a_state_may_be_donated_after_an_update_that_is_not_compiled():
    for name in ("adan", "mars_adamw", "scale_by_lbfgs", "optimistic_gradient_descent"):
        factory = getattr(optimizers, name)
        rule = factory(0.1) if name != "scale_by_lbfgs" else factory()
        params = jnp.array([1.0, -2.0])
        _, state = rule.update(params, rule.init(params), params)
        jax.jit(lambda p, s: rule.update(p, s, p), donate_argnums=(0, 1))(params, state)  # noqa: B023
