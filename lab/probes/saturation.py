"""Units that pass no gradient: saturated for an example, or dead for all of them.

All functions take a tree of arrays [B, ..., W], the last axis being units, and give the same tree
of shares in [0, 1].
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from lab.validation.checks import checked
from lab.validation.kinds import FloatTree, Number


@checked
def saturated_fraction(
    preactivations: FloatTree, activation: Callable[..., Any], threshold: Number = 0.05
) -> Any:
    """The share of pairs of example and unit where |f'(z)| < threshold: [B, ..., W] -> [].

    At 0.05 a sigmoid is saturated beyond |z| = 2.89, tanh beyond 2.18; a ReLU where it is off.
    Glorot and Bengio, 2010, section 3.

    Args:
      preactivations: z, what goes into the activation.
      activation: f, elementwise.
      threshold: Of the derivative.
    """

    def share(z):
        slope = jnp.abs(_derivative(activation, z))
        return jnp.mean((slope < jnp.asarray(threshold, z.dtype)).astype(jnp.float32))

    return jax.tree.map(share, preactivations)


@checked
def dead_fraction(preactivations: FloatTree, activation: Callable[..., Any]) -> Any:
    """The share of units with f'(z) = 0 for every example: [B, ..., W] -> [].

    Such a unit gets no gradient from the batch, and a ReLU dead for all data never does: Lu et
    al., arXiv:1903.06733. Of a batch this is an upper bound: other examples may wake the unit.

    Args:
      preactivations: z, what goes into the activation.
      activation: f, elementwise.
    """

    def share(z):
        return _share_of_units(_derivative(activation, z) == 0)

    return jax.tree.map(share, preactivations)


@checked
def silent_fraction(outputs: FloatTree, tolerance: Number = 0.0) -> Any:
    """The share of units with |x| ≤ tolerance for every example: [B, ..., W] -> [].

    For a ReLU the same as `dead_fraction`, and needs its outputs only.

    Args:
      outputs: x, what comes out of the activation.
      tolerance: What counts as nothing.
    """

    def share(x):
        return _share_of_units(jnp.abs(x) <= jnp.asarray(tolerance, x.dtype))

    return jax.tree.map(share, outputs)


def _derivative(activation, z):
    """f'(z), elementwise: [...] -> [...]."""
    return jax.jvp(activation, (z,), (jnp.ones_like(z),))[1]


def _share_of_units(holds):
    return jnp.mean(jnp.all(holds, tuple(range(holds.ndim - 1))).astype(jnp.float32))
