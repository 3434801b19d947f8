"""Adafactor's offset t₀, by which a fine-tuning begins anew."""

import jax.numpy as jnp
import numpy as np
import optax
import pytest

from lab import optimizers

GRADIENTS = (4.0, -1.0, 0.5, 2.0)


def updates(offset, count, size):
    """On a matrix [size, size] of equal gradients, from a state that is `count` updates old."""
    rule = optimizers.adafactor(
        1.0, 2, decay_offset=offset, multiply_by_parameter_scale=False, clipping_threshold=None
    )
    params = jnp.ones((size, size))
    state = optax.tree.set(rule.init(params), count=jnp.int32(count))
    seen = []
    for g in GRADIENTS:
        update, state = rule.update(jnp.full((size, size), g), state, params)
        seen.append(float(update[0, 0]))
    return seen


def by_definition(ages):
    """−g / √V with β = 1 − age^(−0.8)."""
    v, seen = 0.0, []
    for g, age in zip(GRADIENTS, ages, strict=True):
        share = age**-0.8
        v = (1 - share) * v + share * g**2
        seen.append(-g / np.sqrt(v))
    return seen


@pytest.mark.parametrize("size", [1, 3], ids=["whole", "factored"])
def test_a_resumed_count_begins_at_the_offset(size):
    np.testing.assert_allclose(updates(100, 100, size), by_definition((1, 2, 3, 4)), rtol=1e-5)
    np.testing.assert_allclose(updates(100, 102, size), by_definition((3, 4, 5, 6)), rtol=1e-5)


@pytest.mark.parametrize("size", [1, 3], ids=["whole", "factored"])
def test_before_the_offset_only_the_last_gradient_counts(size):
    np.testing.assert_allclose(updates(2, 0, size), by_definition((1, 1, 1, 2)), rtol=1e-5)
