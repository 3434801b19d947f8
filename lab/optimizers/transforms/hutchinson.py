"""The diagonal of a Hessian, estimated by random signs."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from lab.optimizers.common.numbers import promote
from lab.optimizers.common.parameter_checks import require_real
from lab.optimizers.common.transformation import gradient_transformation
from lab.validation.errors import InputError
from lab.validation.kinds import KeyOrSeed, is_key


class HutchinsonState(NamedTuple):
    """What the next signs are drawn with."""

    key: jax.Array


@gradient_transformation
def hutchinson_estimator_diag_hessian(
    random_seed: KeyOrSeed = None,
) -> optax.GradientTransformationExtraArgs:
    """Replace updates by s ∘ H s for random signs s: on average, the diagonal of the Hessian.

    Args:
      random_seed: A key or a whole number; None for 0.

    Returns:
      The transformation, whose `update` needs the parameters and `obj_fn(params) -> loss`.

    References:
      Hutchinson 1990; Bekas, Kokiopoulou & Saad, An estimator for the diagonal of a matrix, 2007.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> estimate, params = optimizers.hutchinson_estimator_diag_hessian(), jnp.array([1.0, 2.0])
      >>> diagonal, _ = estimate.update(
      ...     params, estimate.init(params), params, obj_fn=lambda w: jnp.sum(w**4)
      ... )
      >>> print(diagonal)  # exact, where there is nothing beside the diagonal
      [12. 48.]
    """

    def init(params):
        del params
        key: Any = 0 if random_seed is None else random_seed
        return HutchinsonState(key if is_key(key) else jax.random.PRNGKey(key))

    def update(updates, state, params=None, *, obj_fn=None, **extra):
        del updates, extra
        if params is None or obj_fn is None:
            raise InputError("the Hessian needs update(updates, state, params, obj_fn=loss).")
        require_real(params, "the estimate of a Hessian's diagonal")
        key, now = jax.random.split(state.key)
        leaves, structure = jax.tree.flatten(params)
        keys = jax.random.split(now, len(leaves))
        signs = [
            # drawn in float32 and cast, so that all dtypes see the same
            jax.random.rademacher(k, jnp.shape(p), jnp.float32).astype(jnp.result_type(p))
            for k, p in zip(keys, leaves, strict=True)
        ]
        signs = jax.tree.unflatten(structure, signs)
        _, products = jax.jvp(jax.grad(obj_fn), (params,), (signs,))

        def times(h, s):
            h, s = promote(h, s)
            return h * s

        return jax.tree.map(times, products, signs), HutchinsonState(key)

    return optax.GradientTransformationExtraArgs(init, update)


PARTS = (hutchinson_estimator_diag_hessian,)
