"""Rules of optax 0.2.8 without the faults that would hide whether the rest is the same as by hand.

Twins for tests and tables, made of optax's parts; the faults themselves are told and tested in
`tests/optimizers/differences.py`.
"""

from typing import Any

import jax
import jax.numpy as jnp
import optax
import optax.contrib


def acprop(learning_rate, b1=0.9, b2=0.999, eps=1e-16, eps_root=1e-16, weight_decay=0.0, mask=None):
    """optax.contrib.acprop, with the mean of this update in the surprise, and no ε at first."""
    early = optax.contrib.scale_by_acprop(b1, b2, eps, eps_root)

    def update(updates, state: Any, params=None):
        mu = optax.tree.update_moment(updates, state.mu, b1, 1)
        new: Any
        steps, new = early.update(updates, state._replace(mu=mu), params)
        first = state.count == 0
        steps = jax.tree.map(lambda g, u: jnp.where(first, g, u), updates, steps)
        return steps, new._replace(mu=mu)

    return optax.chain(
        optax.GradientTransformation(early.init, update),
        optax.add_decayed_weights(weight_decay, mask),
        optax.scale_by_learning_rate(learning_rate),
    )


def adafactor(
    learning_rate=None,
    min_dim_size_to_factor=128,
    decay_rate=0.8,
    decay_offset=0,
    multiply_by_parameter_scale=True,
    clipping_threshold=1.0,
    momentum=None,
    dtype_momentum=jnp.float32,
    weight_decay_rate=None,
    eps=1e-30,
    factored=True,
    weight_decay_mask=None,
):
    """optax.adafactor, with the decay in the precision of the rest."""

    def decay(count, exponent):  # optax's own is in float32 whatever the parameters are in
        return 1 - jnp.asarray(count + 1, jnp.result_type(float)) ** -exponent

    size, offset = min_dim_size_to_factor, decay_offset
    links = [optax.scale_by_factored_rms(factored, decay_rate, offset, size, eps, decay)]
    if clipping_threshold is not None:
        links.append(optax.clip_by_block_rms(clipping_threshold))
    if learning_rate is not None:
        links.append(optax.scale_by_learning_rate(learning_rate, flip_sign=False))
    if multiply_by_parameter_scale:
        links.append(optax.scale_by_param_block_rms())
    if momentum is not None:
        links.append(optax.ema(momentum, False, dtype_momentum))
    if weight_decay_rate is not None:
        links.append(optax.add_decayed_weights(weight_decay_rate, weight_decay_mask))
    return optax.chain(*links, optax.scale(-1))


def fromage(learning_rate, min_norm=1e-6):
    """optax.fromage, without its cancellation in float32."""

    def of_rate(f):
        if callable(learning_rate):
            return lambda t: f(learning_rate(t))
        return f(learning_rate)

    return optax.chain(
        optax.scale_by_trust_ratio(min_norm),
        optax.scale_by_learning_rate(of_rate(lambda rate: rate * jnp.cos(jnp.arctan(rate)))),
        # 1 / √(1 + η²) − 1 = cos α − 1 = −2 sin²(α / 2) at η = tan α
        optax.add_decayed_weights(of_rate(lambda rate: -2 * jnp.sin(jnp.arctan(rate) / 2) ** 2)),
    )


def rprop(learning_rate, eta_minus=0.5, eta_plus=1.2, min_step_size=1e-6, max_step_size=50.0):
    """optax.rprop, which emits the step of the update before, with that of this update."""
    start: Any = learning_rate(0) if callable(learning_rate) else learning_rate
    late = optax.scale_by_rprop(start, eta_minus, eta_plus, min_step_size, max_step_size)

    def init(params):
        state: Any = late.init(params)
        return state._replace(step_sizes=jax.tree.map(jnp.zeros_like, state.step_sizes))

    def update(updates, state: Any, params=None):
        sizes = jax.tree.map(lambda s: jnp.where(s == 0, start, s), state.step_sizes)
        sizes = jax.tree.map(lambda s, old: s.astype(old.dtype), sizes, state.step_sizes)
        state = state._replace(step_sizes=sizes)
        new: Any
        _, new = late.update(updates, state, params)
        return new.prev_updates, new  # this update's step, which optax emits at the next

    return optax.chain(optax.GradientTransformation(init, update), optax.scale(-1.0))


def sm3(learning_rate, momentum=0.9):
    """optax.sm3, which takes neither scalars nor schedules, with both, and the authors' ε."""
    inner = optax.scale_by_sm3(momentum, eps=1e-30)

    def lifted(tree):  # scalars, on which it fails, become vectors
        return jax.tree.map(jnp.atleast_1d, tree)

    def lowered(tree, shapes):
        return jax.tree.map(lambda x, p: x.reshape(jnp.shape(p)), tree, shapes)

    def init(params):
        state: Any = inner.init(lifted(params))
        return state._replace(nu=lowered(state.nu, params))

    def update(updates, state, params=None):
        del params
        new: Any
        steps, new = inner.update(lifted(updates), state._replace(nu=lifted(state.nu)))
        return lowered(steps, updates), new._replace(nu=lowered(new.nu, updates))

    core = optax.GradientTransformation(init, update)
    return optax.chain(core, optax.scale_by_learning_rate(learning_rate))
