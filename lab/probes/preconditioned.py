"""Sharpness as an adaptive rule feels it: curvature in the coordinates that it steps in."""

from typing import Any

import jax
import jax.numpy as jnp

from lab.probes.curvature import hessian
from lab.probes.eigenvalues import Eigenvalues, largest
from lab.probes.gradient_noise import Loss
from lab.shapes import require_alike
from lab.validation.checks import checked
from lab.validation.errors import InputError, shown
from lab.validation.kinds import Count, FloatTree, Key, Number, Tree


@checked
def preconditioned_eigenvalues(
    loss: Loss,
    params: FloatTree,
    batch: Tree,
    key: Key,
    preconditioner: FloatTree,
    count: Count = 1,
    steps: Count = 20,
) -> Eigenvalues:
    """The largest eigenvalues of P⁻¹H, for a rule w ← w − η P⁻¹ m with diagonal P > 0.

    Those of the symmetric P^−½ H P^−½; the vectors are P^½ times the eigenvectors of P⁻¹H.

    Args:
      loss: `(params, batch) -> []`.
      params: Any pytree of floating-point numbers.
      batch: What the loss is of.
      key: Draws the first vector.
      preconditioner: The diagonal of P, a tree like `params`: see `adam_preconditioner`.
      count: How many eigenvalues.
      steps: Hessian-vector products.
    """
    require_alike("preconditioner", preconditioner, "params", params)
    inverse = jax.tree.map(jax.lax.rsqrt, preconditioner)
    return largest(hessian(loss, params, batch, inverse), key, count, steps)


@checked
def preconditioned_sharpness(
    loss: Loss,
    params: FloatTree,
    batch: Tree,
    key: Key,
    preconditioner: FloatTree,
    steps: Count = 20,
) -> jax.Array:
    """λ₁ of P⁻¹H: -> []. Arguments as for `preconditioned_eigenvalues`.

    Adam on full batches hovers at λ₁ = 2(1 + β₁)/((1 − β₁)η), 38/η at β₁ = 0.9: Cohen et al.,
    arXiv:2207.14484.
    """
    return preconditioned_eigenvalues(loss, params, batch, key, preconditioner, 1, steps).values[0]


@checked
def adam_preconditioner(
    opt_state: Any,
    b2: Number = 0.999,
    eps: Number = 1e-8,
    eps_root: Number = 0.0,
    *,
    gradient: Tree = None,
    b1: Number | None = None,
) -> Any:
    """The diagonal of P = √(v̂ + ε̄) + ε out of an optimizer's state: a tree like the parameters.

    Finds the mean squared gradient `nu` wherever in the state it is: Adam and its kin, RMSProp
    (uncorrected where the state has no `count`), by hand or of optax.

    Args:
      opt_state: Of an optimizer that keeps `nu`.
      b2: β₂, memory of the mean square; `decay` of RMSProp.
      eps: ε.
      eps_root: ε̄.
      gradient: The gradient of the update about to be taken from this state, as a snapshot has
        it: P is then the one by which that update is divided. None for the state as it is.
      b1: β₁, for Cohen et al.'s P times 1 − β₁ᵗ: the correction of m̂ counted with the step.

    Raises:
      InputError: If no part of the state has a `nu`.
    """
    state = _with_field(opt_state, "nu")
    nu, count = state.nu, getattr(state, "count", None)
    if gradient is not None:
        require_alike("gradient", gradient, "the state", nu)
        count = None if count is None else count + 1
        nu = jax.tree.map(
            lambda v, g: _like(b2, v) * v + (1 - _like(b2, v)) * jnp.square(g).astype(v.dtype),
            nu,
            gradient,
        )

    def root(v):
        correction = jnp.ones((), v.dtype)
        if count is not None:  # before the first update there is nothing to correct
            t = jnp.maximum(count, 1).astype(v.dtype)
            correction = 1 - _like(b2, v) ** t
        diagonal = jnp.sqrt(v / correction + _like(eps_root, v)) + _like(eps, v)
        if b1 is None or count is None:
            return diagonal
        return diagonal * (1 - _like(b1, v) ** jnp.maximum(count, 1).astype(v.dtype))

    return jax.tree.map(root, nu)


def _with_field(state: Any, field: str) -> Any:
    def has(node):
        return hasattr(node, field)

    found = [node for node in jax.tree.leaves(state, is_leaf=has) if has(node)]
    if not found:
        raise InputError(f"no part of opt_state has a {field!r}, given {shown(state)}.")
    return found[0]


def _like(number, array):
    return jnp.asarray(number, array.dtype)
