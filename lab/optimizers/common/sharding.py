"""Arrays that are sharded explicitly, in rules that treat an array as a whole.

Under a mesh whose axes are `Explicit`, JAX refuses products and reshapes along sharded axes, as it
cannot know where the result is to be. Elementwise rules and sums need nothing of this.
"""

from typing import Any

import jax
from jax.sharding import NamedSharding, PartitionSpec


def gathered(x: jax.Array) -> jax.Array:
    """`x`, whole on every device if it is sharded explicitly, and as it is otherwise."""
    sharding = _explicit(x)
    if sharding is None:
        return x
    return jax.sharding.reshard(x, NamedSharding(sharding.mesh, PartitionSpec(*[None] * x.ndim)))


def placed_like(x: jax.Array, reference: jax.Array) -> jax.Array:
    """`x`, gathered before, laid out as `reference` of the same shape is."""
    sharding = _explicit(reference)
    return x if sharding is None else jax.sharding.reshard(x, sharding)


def _explicit(x: jax.Array) -> Any:
    sharding: Any = jax.typeof(x).sharding
    spec = getattr(sharding, "spec", ())
    return sharding if any(axis is not None for axis in spec) else None
