"""Orthogonalizing a matrix by products alone: Newton–Schulz iteration with a quintic polynomial."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from lab.optimizers.common.numbers import Number, like, promote
from lab.validation.errors import UnknownNameError

STANDARD = (3.4445, -4.7750, 2.0315)
DION = [  # a polynomial per step; Ahn et al., Dion, 2025
    (4.0848, -6.8946, 2.9270),
    (3.9505, -6.3029, 2.6377),
    (3.7418, -5.5913, 2.3037),
    (2.8769, -3.1427, 1.2046),
    (2.8366, -3.0525, 1.2012),
]
PRESETS: dict[str, Any] = {"standard": STANDARD, "dion": DION}


def coefficients(polynomials: Any) -> Any:
    """Those of a name, "standard" or "dion"; numbers are what they are."""
    if not isinstance(polynomials, str):
        return polynomials
    if polynomials not in PRESETS:
        raise UnknownNameError("ns_coeffs", polynomials, PRESETS)
    return PRESETS[polynomials]


def _frobenius(x, eps):
    norm = jnp.linalg.norm(x)
    return _over(x, norm + like(eps, norm))


def _spectral(x, eps):
    norm = jnp.linalg.norm(x, ord=2)
    return _over(x, norm + like(eps, norm))


def _almost_orthogonal(x, eps):
    # Boissin et al., Turbo-Muon, 2025: row i divided by √(Σⱼ |XXᴴ|ᵢⱼ), which bounds ‖X‖₂ by 1
    sums = jnp.sum(jnp.abs(x @ x.conj().T), axis=1, keepdims=True)
    return _over(x, jnp.maximum(jnp.sqrt(sums), like(eps, sums)))


def _schatten(x, eps):
    # Grishina et al. 2025: ‖X‖₂ ≤ ‖X‖ in the Schatten norm of order 4 = √‖XXᴴ‖ in Frobenius's
    norm = jnp.sqrt(jnp.linalg.norm(x @ x.conj().T))
    return _over(x, jnp.maximum(norm, like(eps, norm)))


def _over(x, size):
    x, size = promote(x, size)  # of a complex matrix the norm is real
    return x / size


PRECONDITIONINGS: dict[str, Callable[[jax.Array, Number], jax.Array]] = {
    "frobenius": _frobenius,
    "spectral": _spectral,
    "aol": _almost_orthogonal,
    "schatten": _schatten,
}


def orthogonalize(
    x: jax.Array,
    polynomials: jax.Array,
    steps: jax.typing.ArrayLike = 5,
    preconditioning: str = "frobenius",
    eps: Number = 1e-8,
) -> jax.Array:
    """Near to U Vᵀ, where U S Vᵀ is the singular value decomposition of `x` [rows, columns].

        X ← X / (‖X‖ + ε);    X ← a X + (b A + c A²) X   with A = X Xᵀ, once for each (a, b, c)

    An odd polynomial of X acts on singular values alone. The usual one has the slope 3.4 at zero,
    so that small values grow fast, and leaves them anywhere between about 0.7 and 1.2.

    Args:
      x: The matrix.
      polynomials: (a, b, c) [3], or [steps, 3] with a row per step.
      steps: How many, where there is one polynomial; may be traced.
      preconditioning: How `x` is first brought to singular values of at most 1: "frobenius",
        "spectral", "aol" (per row) or "schatten".
      eps: ε, added to a norm; the least divisor for "aol" and "schatten".

    Returns:
      A matrix of the same shape.

    Example:
      >>> import jax.numpy as jnp
      >>> tilted = jnp.array([[3.0, 0.0], [0.0, 0.5]])
      >>> print(orthogonalize(tilted, jnp.array([1.5, -0.5, 0.0]), steps=20).round(3))
      [[1. 0.]
       [0. 1.]]
    """
    if preconditioning not in PRECONDITIONINGS:
        raise UnknownNameError("preconditioning", preconditioning, PRECONDITIONINGS)
    tall = x.shape[0] > x.shape[1]
    x = x.T if tall else x  # the products are of the shorter side
    x = PRECONDITIONINGS[preconditioning](x, eps)

    def step(x, polynomial):
        a, b, c = polynomial
        gram = x @ x.conj().T
        return a * x + (b * gram + c * gram @ gram) @ x

    polynomials = polynomials.astype(x.dtype)
    if polynomials.ndim == 2:
        for polynomial in polynomials:
            x = step(x, polynomial)
    elif isinstance(steps, int):
        for _ in range(steps):  # written out, nothing has to be compiled outside of `jit`
            x = step(x, polynomials)
    else:
        x = jax.lax.fori_loop(0, steps, lambda _, x: step(x, polynomials), x)
    return x.T if tall else x
