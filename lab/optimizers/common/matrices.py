"""What rules share that orthogonalize matrices, and leave other arrays to another rule."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax
from optax.contrib import MuonDimensionNumbers

from lab.optimizers.common.newton_schulz import STANDARD, orthogonalize
from lab.optimizers.common.numbers import Number, like
from lab.optimizers.common.sharding import gathered, placed_like
from lab.optimizers.common.sides import as_matrices, dimension_numbers, matrix_axes

Spec = Any | Callable[[Any], Any]


def matrices_apart(
    of_matrices: optax.GradientTransformation, of_the_rest: optax.GradientTransformation, spec: Spec
) -> optax.GradientTransformationExtraArgs:
    """Matrices by one transformation, other arrays by another.

    Args:
      of_matrices: For arrays that `spec` calls matrices; where it is None, for those of rank 2.
      of_the_rest: For all others.
      spec: Of dimension numbers, as `dimension_numbers` takes it.
    """

    def label(x, numbers):
        is_matrix = x.ndim == 2 if spec is None else numbers is not None
        return "matrices" if is_matrix else "rest"

    return optax.partition(
        {"matrices": of_matrices, "rest": of_the_rest},
        lambda tree: jax.tree.map(label, tree, dimension_numbers(spec, tree)),
    )


def orthogonal(x: jax.Array, numbers: MuonDimensionNumbers, steps: int) -> jax.Array:
    """Every matrix in `x` orthogonalized, nearly, by Muon's polynomial; ε is its authors' 1e-7."""
    matrices, restore = as_matrices(gathered(x), numbers)
    polynomial = jnp.asarray(STANDARD, x.dtype)
    turned = jax.vmap(lambda m: orthogonalize(m, polynomial, steps, eps=1e-7))(matrices)
    return placed_like(restore(turned), x)


def frobenius_norm(x: jax.Array, numbers: MuonDimensionNumbers) -> jax.Array:
    """‖·‖ of every matrix in `x`; the axes of the matrices are kept, with 1 entry."""
    inward, outward = matrix_axes(x.ndim, numbers)
    return jnp.sqrt(jnp.sum(jnp.real(x.conj() * x), inward + outward, keepdims=True))


def rescaled(x: jax.Array, size: Number, eps: Number, numbers: MuonDimensionNumbers) -> jax.Array:
    """Every matrix in `x` times size / (‖·‖ + ε)."""
    norm = frobenius_norm(x, numbers)
    return jnp.asarray(size / (norm + like(eps, norm)), x.dtype) * x
