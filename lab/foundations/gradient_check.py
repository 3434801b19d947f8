"""Gradients by finite differences, to check those that were derived.

Central: (f(w + h) − f(w − h)) / 2h, error O(h²) from the formula plus O(ε/h) from rounding, so
that the best step is near ε^(1/3): 5e-3 in float32, 6e-6 in float64. Forward:
(f(w + h) − f(w)) / h, error O(h) + O(ε/h), best near √ε.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from lab.shapes import require_alike
from lab.validation.checks import checked
from lab.validation.errors import require, shown
from lab.validation.kinds import FloatTree, Number, Tree


@checked
def finite_differences(
    function: Callable[[Any], jax.Array], at: FloatTree, step: Number, *, central: bool = True
) -> Any:
    """The gradient of a scalar function at a pytree, one evaluation or two per number.

    Args:
      function: Pytree -> [].
      at: Where; floating-point leaves.
      step: h, the same for every number.
      central: Whether to look to both sides.
    """
    flat, rebuild = ravel_pytree(at)
    require(flat.size > 0, f"at must hold at least one number, given {shown(at)}.")
    h = jnp.asarray(step, flat.dtype)

    def value(vector):
        return function(rebuild(vector))

    def slope(direction):
        ahead = value(flat + h * direction)
        if central:
            return (ahead - value(flat - h * direction)) / (2 * h)
        return (ahead - value(flat)) / h

    directions = jnp.eye(flat.size, dtype=flat.dtype)
    return rebuild(jax.lax.map(slope, directions))  # one at a time, as a loop by hand would


@checked
def relative_error(a: Tree, b: Tree) -> jax.Array:
    """‖a − b‖ / (‖a‖ + ‖b‖) over all leaves; 0 where both are 0: []."""
    require_alike("a", a, "b", b)
    a, b = ravel_pytree(a)[0], ravel_pytree(b)[0]
    size = jnp.linalg.norm(a) + jnp.linalg.norm(b)
    return jnp.where(size > 0, jnp.linalg.norm(a - b) / jnp.where(size > 0, size, 1), 0)
