"""Gradient centralization."""

import jax
import jax.numpy as jnp
import optax

from lab.optimizers.common.transformation import gradient_transformation


@gradient_transformation
def centralize() -> optax.GradientTransformation:
    """Subtract from the gradient of every matrix its mean over all but the first axis.

        uᵢ ← uᵢ − mean(uᵢ)    for every slice i along the first axis; vectors stay

    Weights move in the hyperplane of constant mean, which regularizes and smooths a little. The
    paper subtracts the mean over the inputs of a unit; that is so where kernels are stored
    (outputs, inputs). For (inputs, outputs), as in Flax, this is what optax does all the same.

    Returns:
      The transformation, without state.

    References:
      Yong et al., Gradient centralization, 2020, equation 1.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.centralize()
      >>> print(rule.update(jnp.array([[1.0, 3.0], [2.0, 8.0]]), rule.init(None))[0])
      [[-1.  1.]
       [-3.  3.]]
    """

    def leaf(u):
        if u.ndim < 2 or u.size == 0:
            return u
        return u - jnp.mean(u, axis=range(1, u.ndim), keepdims=True)

    return optax.stateless(lambda updates, _: jax.tree.map(leaf, updates))


PARTS = (centralize,)
