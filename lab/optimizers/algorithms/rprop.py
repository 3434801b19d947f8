"""Rprop: a step size per coordinate, and nothing of the gradient but its sign."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.common import repaired
from lab.optimizers.common.moments import squares_like, zeros_like
from lab.optimizers.common.numbers import (
    NonNegative,
    Number,
    OpenShare,
    Positive,
    cast_like,
    like,
    promote,
)
from lab.optimizers.common.transformation import gradient_transformation
from lab.spaces import Float


class ScaleByRpropState(NamedTuple):
    """Step sizes and the last step."""

    step_sizes: Any  # Δ, shaped as the parameters; 0 before the first update
    prev_updates: Any  # s′: the last step against the gradient, shaped as the parameters


@gradient_transformation
def scale_by_rprop(
    learning_rate: Number,
    eta_minus: OpenShare = 0.5,
    eta_plus: Positive = 1.2,
    min_step_size: NonNegative = 1e-6,
    max_step_size: NonNegative = 50.0,
) -> optax.GradientTransformation:
    """Replace gradients by steps of one size per coordinate, along the gradient: see `rprop`."""

    def agreement(g, last):  # complex numbers agree as vectors of the plane do
        g, last = promote(g, last)
        return jnp.real(jnp.conj(last) * g)

    def resized(product, size):
        factor = jnp.where(product > 0, like(eta_plus, size), like(eta_minus, size))
        size = size.astype(product.dtype)
        limited = jnp.clip(
            size * factor.astype(size.dtype), like(min_step_size, size), like(max_step_size, size)
        )
        return jnp.where(product == 0, size, limited)

    def step(product, g, size):
        direction, size = promote(jnp.sign(g), size)
        return jnp.where(product < 0, 0, size * direction)

    def begun(size):  # the rate of the first update, whatever `init` was called with
        return jnp.where(size == 0, like(learning_rate, size), size)

    def init(params):
        return ScaleByRpropState(squares_like(params), zeros_like(params))

    def update(updates, state, params=None):  # Igel & Hüsken, iRprop⁻
        del params
        products = jax.tree.map(agreement, updates, state.prev_updates)
        sizes = jax.tree.map(resized, products, jax.tree.map(begun, state.step_sizes))
        steps = jax.tree.map(step, products, updates, sizes)
        return steps, cast_like(ScaleByRpropState(sizes, steps), state)

    return optax.GradientTransformation(init, update)


@gradient_transformation
def rprop(
    learning_rate: optax.ScalarOrSchedule,
    eta_minus: OpenShare = 0.5,
    eta_plus: Positive = 1.2,
    min_step_size: NonNegative = 1e-6,
    max_step_size: NonNegative = 50.0,
) -> optax.GradientTransformationExtraArgs:
    """Rprop (resilient propagation): steps that grow while the sign holds and shrink when it flips.

        g s′ > 0:   Δ ← min(η⁺ Δ, Δmax),   s = Δ sign(g)
        g s′ < 0:   Δ ← max(η⁻ Δ, Δmin),   s = 0
        g s′ = 0:                          s = Δ sign(g)
        w ← w − s,   s′ ← s

    One of the best for full batches: nothing to tune, and indifferent to the scale of every
    gradient. Of no use with mini-batches, where signs flip by noise. A coordinate that overshot
    rests for one update (iRprop⁻, as in PyTorch), instead of going back. optax 0.2.8 returns the
    step of the update before, the first of which is zero (its pull request 1725).

    Args:
      learning_rate: Δ at the first update; a number, or a schedule, of which only the first
        value counts (optax takes numbers): the steps find their own way from there.
      eta_minus: η⁻ < 1.
      eta_plus: η⁺ > 1.
      min_step_size: Δmin > 0.
      max_step_size: Δmax.

    Returns:
      The transformation. Memory: Δ and s′.

    References:
      Riedmiller & Braun, A direct adaptive method for faster backpropagation learning, 1993;
      Igel & Hüsken, Improving the Rprop learning algorithm, 2000, section 2.4 (iRprop⁻).

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.rprop(learning_rate=0.5)
      >>> state = rule.init(jnp.zeros(2))
      >>> for gradient in (jnp.array([4.0, 4.0]), jnp.array([4.0, -0.1])):
      ...     updates, state = rule.update(gradient, state)
      ...     print(updates)
      [-0.5 -0.5]
      [-0.6 -0. ]
    """
    start: Any = learning_rate(jnp.int32(0)) if callable(learning_rate) else learning_rate
    steps = scale_by_rprop(start, eta_minus, eta_plus, min_step_size, max_step_size)
    return optax.chain(steps, optax.stateless(lambda s, _: jax.tree.map(jnp.negative, s)))


PARTS = (scale_by_rprop,)
ENTRIES = (
    OptimizerEntry(
        name="rprop",
        by_hand=rprop,
        via_optax=repaired.rprop,
        search_space={"learning_rate": Float(1e-5, 1e-1, log=True)},
        reference="Riedmiller & Braun 1993; Igel & Hüsken 2000 (iRprop⁻)",
        state_slots=2,
        rule="Δ ← η⁺ Δ where g keeps its sign, η⁻ Δ where it flips;  w ← w − Δ sign(g)",
    ),
)
