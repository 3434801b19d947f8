"""Hessian-vector products: curvature along a direction for the price of about two gradients."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from lab.probes.gradient_noise import Loss
from lab.shapes import require_alike
from lab.validation.checks import checked
from lab.validation.kinds import Count, DType, FloatTree, Tree


@checked
def hessian_vector_product(loss: Loss, params: FloatTree, batch: Tree, vector: FloatTree) -> Any:
    """H v = d/dr ∇L(w + r v) at r = 0: forward through the reverse pass; a tree like `params`.

    Pearlmutter, Fast exact multiplication by the Hessian, 1994. Units: loss per squared weight,
    times those of v.

    Args:
      loss: `(params, batch) -> []`.
      params: w, any pytree of floating-point arrays.
      batch: What the loss is of.
      vector: v, a tree like `params`.
    """
    require_alike("vector", vector, "params", params)
    return jax.jvp(lambda w: jax.grad(loss)(w, batch), (params,), (vector,))[1]


@checked
def curvature_along(loss: Loss, params: FloatTree, batch: Tree, vector: FloatTree) -> jax.Array:
    """vᵀHv / vᵀv: -> []; along the gradient it says how far a step may go before the loss rises."""
    flat = ravel_pytree(vector)[0]
    product = ravel_pytree(hessian_vector_product(loss, params, batch, vector))[0]
    return jnp.vdot(flat, product) / jnp.vdot(flat, flat)


class Operator(NamedTuple):
    """A symmetric matrix that is known by its products only."""

    apply: Callable[[jax.Array], jax.Array]  # [P] -> [P]
    size: Count  # P
    dtype: DType
    tree: Callable[[jax.Array], Any]  # [P] -> a tree like the parameters


@checked
def hessian(loss: Loss, params: FloatTree, batch: Tree, inverse: FloatTree = None) -> Operator:
    """The Hessian at `params` as an operator on flat vectors, or D H D.

    Args:
      loss: `(params, batch) -> []`.
      params: Any pytree of P floating-point numbers.
      batch: What the loss is of.
      inverse: The diagonal of D, a tree like `params`; None for the identity.
    """
    flat, tree = ravel_pytree(params)
    if inverse is not None:
        require_alike("inverse", inverse, "params", params)
    d = None if inverse is None else ravel_pytree(inverse)[0].astype(flat.dtype)

    def apply(v):
        v = v if d is None else d * v
        product = ravel_pytree(hessian_vector_product(loss, params, batch, tree(v)))[0]
        return product if d is None else d * product

    return Operator(apply, flat.size, flat.dtype, tree)
