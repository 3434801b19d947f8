"""A function compiled ahead of its first call, so that what it takes is known before it runs."""

from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh

from lab.sweeps.place import check_memory


class Ahead:
    """A jitted function over a mesh, compiled once for arguments of the same shapes.

    Attributes:
      jitted: The function.
      nbytes: Memory that the last call took on each device: arguments, results that do not take
        their place, and all between, as XLA has laid it out.
    """

    def __init__(self, jitted: Any, mesh: Mesh):
        self.jitted, self.mesh, self.nbytes = jitted, mesh, 0
        self._known: dict[Any, tuple[Any, int]] = {}  # compiled, and its bytes

    def __call__(self, *args: Any) -> Any:
        """Call it, compiled.

        Raises:
          InputError: If the device has not the memory that it takes.
        """
        leaves, structure = jax.tree.flatten(args)
        shapes = tuple((np.shape(leaf), leaf.dtype) for leaf in leaves)
        form = structure, shapes, jax.config.jax_default_matmul_precision  # type: ignore[attr-defined]
        if form not in self._known:
            compiled = self.jitted.lower(*args).compile()
            taken = _taken(compiled.memory_analysis())
            check_memory(self.mesh, taken)
            self._known[form] = compiled, taken
        compiled, self.nbytes = self._known[form]
        return compiled(*args)

    def _cache_size(self) -> int:
        """As that of a jitted function: how often it was compiled."""
        return len(self._known)


def _taken(sizes: Any) -> int:
    if sizes is None:  # not every kind of device tells
        return 0
    taken = sizes.argument_size_in_bytes + sizes.output_size_in_bytes + sizes.temp_size_in_bytes
    return taken - sizes.alias_size_in_bytes
