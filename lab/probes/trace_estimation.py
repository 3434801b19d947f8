"""The trace of a Hessian from random directions."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from lab.probes.curvature import Operator, hessian
from lab.probes.gradient_noise import Loss
from lab.validation.checks import checked
from lab.validation.errors import require
from lab.validation.kinds import Count, FloatTree, Key, Tree


class Estimate(NamedTuple):
    """A mean of independent draws."""

    value: jax.Array  # []
    error: jax.Array  # []: standard error


@checked
def hutchinson(operator: Operator, key: Key, samples: Count = 16) -> Estimate:
    """The trace as mean vᵀAv, v independent signs ±1; unbiased, and exact for a diagonal A.

    The variance of one draw is 2 Σ_{i≠j} Aᵢⱼ². Hutchinson, 1989. Draws are taken one after the
    other, in the memory of one.

    Args:
      operator: A symmetric matrix [P, P].
      key: Draws the signs.
      samples: How many products, at least 2.
    """
    require(samples >= 2, f"samples must be at least 2, given {samples}.")

    def draw(key):
        v = jax.random.rademacher(key, (operator.size,), operator.dtype)
        return jnp.vdot(v, operator.apply(v))

    values = jax.lax.map(draw, jax.random.split(key, samples))
    return Estimate(jnp.mean(values), jnp.std(values, ddof=1) / samples**0.5)


@checked
def hessian_trace(
    loss: Loss, params: FloatTree, batch: Tree, key: Key, samples: Count = 16
) -> Estimate:
    """The trace of H, the sum of all curvatures of a loss; units of loss per squared weight.

    Args:
      loss: `(params, batch) -> []`.
      params: Any pytree of P floating-point numbers.
      batch: What the loss is of.
      key: Draws the signs.
      samples: Hessian-vector products.
    """
    return hutchinson(hessian(loss, params, batch), key, samples)
