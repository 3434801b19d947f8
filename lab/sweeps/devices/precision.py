"""How many bits the products of float32 matrices keep."""

from collections.abc import Iterator
from contextlib import contextmanager

import jax


@contextmanager
def full_precision() -> Iterator[None]:
    """Products of float32 matrices in float32, unless the user has set another precision.

    Left alone, GPUs take TF32 and TPUs bfloat16, with 10 and 7 of float32's 23 bits of mantissa:
    `JAX_DEFAULT_MATMUL_PRECISION=tensorfloat32` asks for it. Records tell which. CPUs know no
    other, but to ask which device there is would start JAX before its number of devices is set.
    """
    if jax.config.jax_default_matmul_precision is not None:  # type: ignore[attr-defined]
        yield
        return
    with jax.default_matmul_precision("highest"):
        yield
