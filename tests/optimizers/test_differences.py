"""Which side follows the paper, where `differences.py` says that optax 0.2.8 and the lab part."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import optax.contrib

from lab import optimizers

PARAMS = jnp.array([1.0, -2.0])


def first(rule, gradient=PARAMS, params=PARAMS, **extra):
    return rule.update(gradient, rule.init(params), params, **extra)


def test_ademamix_keeps_its_dtypes():
    mine = optimizers.scale_by_ademamix(mu_dtype=jnp.bfloat16)
    _, state = first(mine)
    assert (state.m1.dtype, state.nu.dtype) == (jnp.bfloat16, jnp.float32)
    theirs = optax.contrib.scale_by_ademamix(mu_dtype=jnp.bfloat16)
    assert theirs.init(PARAMS).nu.dtype == jnp.bfloat16
    assert first(theirs)[1].m1.dtype == jnp.float32


def test_madgrad_takes_its_root_in_full():
    """Defazio & Jelassi, algorithm 1: λ_k = γ √(k + 1), at the second update."""
    with jax.enable_x64(True):
        gradient = params = jnp.array([1.0, -2.0])
        weight = (0.1 + 1e-6) * (1 + np.sqrt(2))
        s, nu = weight * np.asarray(gradient), weight * np.asarray(gradient) ** 2
        expected = -s / (np.cbrt(nu) + 1e-6)
        errors = []
        for factory in (optimizers.madgrad, optax.contrib.madgrad):
            rule = factory(0.1, momentum=0.0)
            _, state = first(rule, gradient, params)
            updates, _ = rule.update(gradient, state, params)
            errors.append(np.max(np.abs(updates - expected)))
        assert errors[0] < 1e-15
        assert errors[1] > 1e-10


def test_polyak_sgd_is_scaled():
    """optax's own documentation: s min((f − f*) / ‖g‖², γ)."""
    step = -0.5 * 1.0 / 5.0 * PARAMS
    mine, _ = first(optimizers.polyak_sgd(scaling=0.5), value=1.0)
    theirs, _ = first(optax.polyak_sgd(scaling=0.5), value=1.0)
    np.testing.assert_allclose(mine, step, rtol=1e-6)
    np.testing.assert_allclose(theirs, 4 * step, rtol=1e-6)


def test_prodigy_survives_a_gradient_of_zero():
    """The authors' code returns without a step where ‖s‖₁ = 0."""
    _, mine = first(optimizers.prodigy(), jnp.zeros(2))
    _, theirs = first(optax.contrib.prodigy(), jnp.zeros(2))
    assert mine.estim_lr == 1e-6
    assert np.isnan(theirs.estim_lr)


def test_sam_sgd_survives_a_gradient_of_zero():
    """At a minimum there is no direction to climb in, and no step is right."""
    extra = {"grad_fn": lambda params, _: params - PARAMS}
    mine, _ = first(optimizers.sam_sgd(0.1), jnp.zeros(2), **extra)
    climb = optax.chain(optax.contrib.normalize(), optax.sgd(0.05))
    twin = optax.contrib.sam(optax.sgd(0.1), climb, opaque_mode=True)
    theirs, _ = first(twin, jnp.zeros(2), **extra)
    assert not mine.any()
    assert np.isnan(theirs).all()


def test_lbfgs_ignores_what_its_line_search_does_not_use():
    def loss(params):
        return jnp.sum(params**2)

    extra = {"value": 5.0, "grad": 2 * PARAMS, "value_fn": loss, "obj_fn": loss}
    updates, _ = first(optimizers.lbfgs(), 2 * PARAMS, **extra)
    assert loss(PARAMS + updates) < 5.0
    try:
        first(optax.lbfgs(), 2 * PARAMS, **extra)
    except TypeError:
        return
    raise AssertionError("optax takes it too: drop the difference")
