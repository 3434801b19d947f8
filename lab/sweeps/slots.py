"""Where the lanes of a block stand on the mesh.

A device holds room for so many groups of W lanes, whether few or many are used, so that programs
know one shape. Lanes fill as many groups on every device, the first ones; the last lane is repeated
to the end of its group and of the others that are used.
"""

from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh

from lab.sweeps.live import host
from lab.sweeps.place import number, shard
from lab.sweeps.sizes import Layout

_ALIGNED = 64  # bytes


class Slots:
    """For `lanes` lanes.

    Attributes:
      groups: How many each device computes; an int32 on the mesh.
    """

    def __init__(self, mesh: Mesh, layout: Layout, lanes: int):
        used = -(-lanes // (layout.width * mesh.size)) * layout.width  # on each device
        device, place = np.divmod(np.arange(used * mesh.size), used)
        slots = device * layout.lanes + place
        self.mesh, self.size = mesh, layout.lanes * mesh.size
        self.groups = number(mesh, used // layout.width)
        self._used, self._filled = slots, np.minimum(np.arange(len(slots)), lanes - 1)
        self._own = slots[:lanes]

    def put(self, tree: Any) -> Any:
        """Arrays [lanes, ...] of the host, on the mesh: [slots, ...]."""

        def spread(leaf: np.ndarray) -> np.ndarray:
            slots = _zeros((self.size, *leaf.shape[1:]), leaf.dtype)
            slots[self._used] = leaf[self._filled]
            return slots

        return shard(self.mesh, jax.tree.map(spread, tree))

    def home(self, tree: Any) -> Any:
        """The inverse; what is on the host already stays as it is."""
        return jax.tree.map(
            lambda leaf: np.asarray(leaf)[self._own] if isinstance(leaf, jax.Array) else leaf, tree
        )

    def leaves(self, tree: Any) -> list[np.ndarray]:
        """The same as `lab.sweeps.live.host` gives it."""
        return [leaf[self._own] for leaf in host(tree)]


def _zeros(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Aligned so that XLA on CPU takes them without a copy: of empty slots no page is touched."""
    nbytes = int(np.prod(shape)) * dtype.itemsize
    memory = np.zeros(nbytes + _ALIGNED, np.uint8)
    begin = -memory.ctypes.data % _ALIGNED
    return memory[begin : begin + nbytes].view(dtype).reshape(shape)
