"""Gradients of length 1."""

import jax
import jax.numpy as jnp
import optax

from lab.optimizers.common.numbers import like
from lab.optimizers.common.scalars import safe_divide, scalar_dtype
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.common.trees import tree_squared_norm


@gradient_transformation
def normalize() -> optax.GradientTransformation:
    """Divide a gradient by its norm over all parameters; nothing stays nothing (NaN in optax).

        u ← u / ‖u‖

    Normalized gradient descent before `sgd`, and the climb of `sam`: how far a step goes no
    longer depends on how steep it is.

    Returns:
      The transformation, without state.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.normalize()
      >>> print(rule.update(jnp.array([3.0, -4.0]), rule.init(None))[0].round(3))
      [ 0.6 -0.8]
    """

    def unit(updates, _):
        norm = jnp.sqrt(tree_squared_norm(updates, scalar_dtype(updates)))
        return jax.tree.map(lambda u: safe_divide(u, like(norm, u)), updates)

    return optax.stateless(unit)


PARTS = (normalize,)
