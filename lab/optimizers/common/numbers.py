"""How numbers meet arrays: a rate never changes the dtype of what it scales.

Python floats are weakly typed and take the dtype of the array beside them; a traced float32
would instead pull bfloat16 parameters up to float32. `like` makes both behave the same, also
under strict dtype promotion.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lab.kinds import Number


def like(number: Number, array: jax.Array) -> Number:
    """`number`, ready to meet `array`: weakly typed as it is, otherwise cast to its dtype."""
    return number if jax.typeof(number).weak_type else jnp.asarray(number, jnp.result_type(array))


def together(x: jax.Array, y: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Both in their common dtype, said out loud (they differ where a state has its own)."""
    x, y = jnp.asarray(x), jnp.asarray(y)
    # NumPy's table, because jax.numpy's refuses to answer under strict promotion
    dtype = np.promote_types(x.dtype, y.dtype)
    return _cast(x, dtype), _cast(y, dtype)


def cast_like(tree: Any, reference: Any) -> Any:
    """`tree` in the dtypes of `reference`, so that a state keeps its own from step to step."""
    return jax.tree.map(lambda x, r: _cast(x, r.dtype), tree, reference)


def _cast(x: jax.Array, dtype: Any) -> jax.Array:
    return x if x.dtype == dtype else x.astype(dtype)
