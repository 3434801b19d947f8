"""Quadratics in any dimension, and what theory says of descent on them.

L(w) = ½ Σᵢ hᵢ wᵢ² with curvatures h; any quadratic is this one in other axes. On each axis the
iteration is linear with a 2 × 2 matrix, so rates have closed forms. Curvatures run from µ (least)
to L (largest); κ = L/µ.
"""

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from lab.validation.errors import require


@dataclass(frozen=True)
class Quadratic:
    """L(w) = ½ Σᵢ hᵢ wᵢ², minimum 0 at the origin.

    Attributes:
      curvatures: h > 0, one per coordinate.
    """

    curvatures: tuple[float, ...]

    def __post_init__(self):
        require(
            len(self.curvatures) > 0 and all(0 < h < np.inf for h in self.curvatures),
            f"curvatures must be positive numbers, at least one, given {self.curvatures}.",
        )

    @property
    def condition(self) -> float:
        """κ = largest over least curvature."""
        return max(self.curvatures) / min(self.curvatures)

    def __call__(self, w) -> jax.Array:
        """L at `w` [D]: []."""
        return jnp.sum(jnp.asarray(self.curvatures, jnp.result_type(w)) * w**2) / 2


def quadratic(condition: float, dimension: int = 2) -> Quadratic:
    """Curvatures evenly spaced in logarithm from 1 / `condition` to 1."""
    require(
        condition >= 1 and dimension >= 1,
        f"condition and dimension must be at least 1, given {condition} and {dimension}.",
    )
    return Quadratic(tuple(np.geomspace(1 / condition, 1.0, dimension).tolist()))


class Tuned(NamedTuple):
    """The best numbers for a known range of curvatures."""

    rate: float  # η
    momentum: float  # β
    contraction: float  # ρ: the error shrinks like ρᵗ


def best_descent(least: float, largest: float) -> Tuned:
    """Gradient descent: η = 2/(L + µ), ρ = (κ − 1)/(κ + 1)."""
    kappa = largest / least
    return Tuned(2 / (largest + least), 0.0, (kappa - 1) / (kappa + 1))


def best_heavy_ball(least: float, largest: float) -> Tuned:
    """Heavy ball (Polyak 1964; Goh 2017): η = (2/(√L + √µ))², β = ρ², ρ = (√κ − 1)/(√κ + 1)."""
    root = (largest / least) ** 0.5
    contraction = (root - 1) / (root + 1)
    return Tuned((2 / (largest**0.5 + least**0.5)) ** 2, contraction**2, contraction)


def textbook_nesterov(least: float, largest: float) -> Tuned:
    """Nesterov for any strongly convex f: η = 1/L, β = (√κ − 1)/(√κ + 1), ρ = 1 − 1/√κ."""
    root = (largest / least) ** 0.5
    return Tuned(1 / largest, (root - 1) / (root + 1), 1 - 1 / root)


def best_nesterov(least: float, largest: float) -> Tuned:
    """Nesterov on quadratics: η = 4/(3L + µ), β = (s − 2)/(s + 2), ρ = 1 − 2/s, s = √(3κ + 1).

    Lessard, Recht & Packard, Analysis and design of optimization algorithms via integral
    quadratic constraints, 2016, table 1.
    """
    s = (3 * largest / least + 1) ** 0.5
    return Tuned(4 / (3 * largest + least), (s - 2) / (s + 2), 1 - 2 / s)


def contraction_heavy_ball(rate, momentum, curvature) -> np.ndarray:
    """Spectral radius on one axis: roots of z² − (1 + β − ηh) z + β (β = 0: descent)."""
    return _radius(1 + momentum - rate * curvature, momentum)


def contraction_nesterov(rate, momentum, curvature) -> np.ndarray:
    """Spectral radius on one axis: roots of z² − (1 + β)(1 − ηh) z + β(1 − ηh)."""
    shrink = 1 - rate * curvature
    return _radius((1 + momentum) * shrink, momentum * shrink)


def _radius(trace, determinant) -> np.ndarray:
    """The larger |z| of z² − trace·z + determinant, elementwise."""
    trace, determinant = np.broadcast_arrays(trace, determinant)
    gap = trace**2 - 4 * determinant
    gap = np.where(np.abs(gap) < 1e-14, 0.0, gap)  # a double root, but for rounding
    real = (np.abs(trace) + np.sqrt(np.maximum(gap, 0))) / 2
    return np.where(gap < 0, np.sqrt(np.abs(determinant)), real)


def iteration_matrix(rule: optax.GradientTransformation, curvature: float) -> np.ndarray:
    """The matrix of one update on one axis, read off a rule's own code by differentiation.

    Args:
      rule: A rule that is linear in the gradient; its state are velocities.
      curvature: h; the gradient is h w.

    Returns:
      [1 + n, 1 + n] for a state of n numbers: how (w, state) goes on.
    """
    numbers, structure = jax.tree.flatten(rule.init(jnp.zeros(())))

    def linear(z):
        state = jax.tree.unflatten(structure, list(z[1:]))
        update, state = rule.update(curvature * z[0], state, z[0])
        return jnp.stack([z[0] + jnp.asarray(update), *jax.tree.leaves(state)])

    return np.asarray(jax.jacobian(linear)(jnp.zeros(1 + len(numbers))))


def spectral_radius(matrix: np.ndarray) -> float:
    """Largest modulus of the eigenvalues of a 1 × 1 or 2 × 2 matrix, exact at double roots."""
    if matrix.shape == (1, 1):
        return float(abs(matrix[0, 0]))
    require(matrix.shape == (2, 2), f"matrix must be 1 × 1 or 2 × 2, given {matrix.shape}.")
    return float(_radius(np.trace(matrix), np.linalg.det(matrix)))
