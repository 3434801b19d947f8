"""The largest eigenvalues of a matrix known by its products: Lanczos, fully reorthogonalized."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from lab.probes.curvature import Operator, hessian
from lab.probes.gradient_noise import Loss
from lab.validation.checks import checked
from lab.validation.errors import require
from lab.validation.kinds import Count, FloatTree, Key, Tree


class Eigenvalues(NamedTuple):
    """Ritz values, the largest first."""

    values: jax.Array  # [k]
    errors: jax.Array  # [k]: some eigenvalue of the matrix is at most this far away
    vectors: jax.Array  # [k, P], of length 1


@checked
def lanczos(operator: Operator, key: Key, steps: Count) -> tuple[jax.Array, jax.Array, jax.Array]:
    """A basis V in which the matrix is tridiagonal: V A Vᵀ = T.

    Each new vector is made orthogonal twice to all before, without which converged eigenvalues
    come back as copies. Where the space spanned so far is invariant, it goes on with a random
    vector, so that a matrix of low rank is no special case.

    Lanczos, 1950; Golub and Van Loan, Matrix computations. Costs `steps` products,
    `steps` vectors of memory.

    Args:
      operator: A, [P, P].
      key: Draws the first vector.
      steps: m ≤ P.

    Returns:
      The diagonal of T [m], what is beside it [m] (the last one is what was left over), V [m, P].
    """
    require(
        steps <= operator.size,
        f"steps must lie between 1 and the {operator.size} parameters, given {steps}.",
    )
    dtype, tiny = operator.dtype, 10 * jnp.finfo(operator.dtype).eps
    randoms = jax.random.normal(key, (steps, operator.size), dtype)

    def orthogonal(basis, w):
        for _ in range(2):  # twice is enough: Parlett, The symmetric eigenvalue problem, 6.9
            w = w - (basis @ w) @ basis
        return w

    def unit(w):
        length = jnp.linalg.norm(w)
        return w / jnp.where(length > 0, length, 1), length

    def step(carry, at):
        basis, v, scale = carry
        basis = basis.at[at].set(v)
        product = operator.apply(v)
        alpha = jnp.vdot(v, product)
        w, beta = unit(orthogonal(basis, product))
        scale = jnp.maximum(scale, jnp.abs(alpha) + beta)
        spent = beta <= tiny * scale
        fresh = unit(randoms[(at + 1) % steps])[0]
        w = unit(orthogonal(basis, jnp.where(spent, fresh, w)))[0]
        return (basis, w, scale), (alpha, jnp.where(spent, 0, beta))

    basis = jnp.zeros((steps, operator.size), dtype)
    first = (basis, unit(randoms[0])[0], jnp.zeros((), dtype))
    (basis, _, _), (alphas, betas) = jax.lax.scan(step, first, jnp.arange(steps))
    return alphas, betas, basis


@checked
def largest(operator: Operator, key: Key, count: Count = 1, steps: Count = 20) -> Eigenvalues:
    """The `count` largest Ritz values of `steps` steps, with the bound |β_m s_m| of each.

    Args:
      operator: A symmetric matrix [P, P].
      key: Draws the first vector.
      count: k.
      steps: m; no more than P are taken. Extreme eigenvalues come first, and 20 to 50 steps give
        the largest to several digits where it stands apart.
    """
    steps = min(steps, operator.size)
    require(count <= steps, f"count must lie between 1 and the {steps} steps, given {count}.")
    alphas, betas, basis = lanczos(operator, key, steps)
    matrix = jnp.diag(alphas) + jnp.diag(betas[:-1], 1) + jnp.diag(betas[:-1], -1)
    values, vectors = _eigh(matrix)
    values, vectors = values[::-1][:count], vectors[:, ::-1][:, :count]
    return Eigenvalues(values, jnp.abs(betas[-1] * vectors[-1]), vectors.T @ basis)


@jax.custom_batching.sequential_vmap
def _eigh(matrix):
    # One after the other: batches of LAPACK calls wait for ever for the threads that they run on
    # where there are two CPU devices (jaxlib 0.10.2).
    values, vectors = jnp.linalg.eigh(matrix)
    return values, vectors


@checked
def top_eigenvalues(
    loss: Loss, params: FloatTree, batch: Tree, key: Key, count: Count = 1, steps: Count = 20
) -> Eigenvalues:
    """The largest eigenvalues of the Hessian of a loss; units of loss per squared weight.

    Args:
      loss: `(params, batch) -> []`.
      params: Any pytree of P floating-point numbers.
      batch: What the loss is of.
      key: Draws the first vector.
      count: k.
      steps: Hessian-vector products; see `largest`.
    """
    return largest(hessian(loss, params, batch), key, count, steps)


@checked
def sharpness(loss: Loss, params: FloatTree, batch: Tree, key: Key, steps: Count = 20) -> jax.Array:
    """λ₁, the largest eigenvalue of the Hessian: -> [].

    Gradient descent at rate η is stable along it up to λ₁ = 2/η, heavy ball up to 2(1 + β)/η:
    Cohen et al., arXiv:2103.00065. Arguments as for `top_eigenvalues`.
    """
    return top_eigenvalues(loss, params, batch, key, 1, steps).values[0]
