"""A function compiled before its first call, so that what it takes is known before it runs."""

from collections.abc import Sequence
from typing import Any

import jax
from jax.sharding import Mesh

from lab.sweeps.devices.compiler_options import compiled
from lab.sweeps.devices.places import Place, check_memory


class Executable:
    """A jitted function, compiled once for a device and arguments of the same shapes.

    Args:
      jitted: The function.
      mesh: Where it may be called.
      shared: Numbers of the arguments that a device holds once for all its lanes.

    Attributes:
      jitted: The function.
      nbytes: Memory that the last call took on its device: arguments, results that do not take
        their place, and all between, as XLA has laid it out; but for `shared` ones.
    """

    def __init__(self, jitted: Any, mesh: Mesh, shared: Sequence[int] = ()):
        self.jitted, self.mesh, self.shared, self.nbytes = jitted, mesh, shared, 0
        self._known: dict[Any, tuple[Any, int]] = {}  # compiled, and its bytes

    def __call__(self, place: Place, *args: Any) -> Any:
        """Call it, compiled, with arguments that are on the device of `place`.

        Raises:
          InputError: If the device has not the memory that it takes.
        """
        leaves, structure = jax.tree.flatten(args)
        precision = jax.config.jax_default_matmul_precision  # type: ignore[attr-defined]
        shapes = tuple([(leaf.shape, leaf.dtype) for leaf in leaves])
        form = place.device, structure, shapes, precision
        if form not in self._known:
            traced = self.jitted.trace(*args)
            made = compiled(traced, self.mesh)
            shared = sum(x.nbytes for x in jax.tree.leaves([args[i] for i in self.shared]))
            own = max(0, _taken(made.memory_analysis()) - shared)
            check_memory(self.mesh, own, shared)
            self._known[form] = made, own
        function, self.nbytes = self._known[form]
        return place.call(function, *args)

    @property
    def compilations(self) -> int:
        """How often it was compiled."""
        return len(self._known)


def _taken(sizes: Any) -> int:
    if sizes is None:  # not every kind of device tells
        return 0
    taken = sizes.argument_size_in_bytes + sizes.output_size_in_bytes + sizes.temp_size_in_bytes
    return taken - sizes.alias_size_in_bytes
