"""A bound on the weights that a unit reads with."""

from typing import Any

import jax
import jax.numpy as jnp
import optax

from lab.optimizers.common.after_step import after_step
from lab.optimizers.common.numbers import NonNegative, like
from lab.optimizers.common.transformation import gradient_transformation


@gradient_transformation
def max_norm(largest: NonNegative = 3.0) -> optax.GradientTransformation:
    """After a step, scale the incoming weights of every unit back to a norm of at most c.

        w_j ← w_j min(1, c / ‖w_j‖₂)

    The projection onto a ball for each column of a kernel [inputs, units]: weights may grow in no
    direction without end, which lets dropout have large rates of learning. The last link of a
    chain: it has to see the whole step. Leaves with fewer than two axes (biases, scales) are left
    as they are. Keras's `MaxNorm(c, axis=0)` as kernel constraint, whose default is 2.

    Args:
      largest: c > 0.

    Returns:
      The transformation, without state; `update` needs the parameters.

    References:
      Srivastava et al., Dropout, JMLR 15, 2014, section 5.1: c between 3 and 4.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.max_norm(2.5)
      >>> kernel = jnp.array([[3.0, 0.1], [4.0, 0.0]])
      >>> print(kernel + rule.update(jnp.zeros((2, 2)), rule.init(kernel), kernel)[0])
      [[1.5 0.1]
       [2.  0. ]]
    """

    def projected(ahead: jax.Array, rate: Any) -> jax.Array:
        del rate
        if ahead.ndim < 2:
            return ahead
        size = jnp.abs(ahead)
        norm = jnp.sqrt(jnp.sum(jnp.square(size), tuple(range(ahead.ndim - 1)), keepdims=True))
        bound = like(largest, size)
        share = jnp.where(norm > bound, bound / jnp.where(norm > bound, norm, 1), 1)
        return ahead * share.astype(ahead.dtype)

    return after_step(projected, 1.0, "max_norm")


PARTS = (max_norm,)
