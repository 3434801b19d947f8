"""A function of one lane as a compiled one of many: groups in turn, on several devices."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import Mesh

from lab.sweeps.place import LANES, SHARED

Axes = tuple[int | None, ...]  # of arguments: 0, or None for what lanes share


def mapped(
    function: Callable[..., Any],
    mesh: Mesh,
    width: int,
    axes: Axes,
    in_place: bool = False,
    **options: Any,
) -> Any:
    """`(groups, *args)`: the function of the lanes in the first `groups` groups of every device.

    Results in the place of other groups are zero, or what they were. The number of groups is
    traced, so that lanes few or many have one program; as each is computed alone, with the same
    shapes, neither it nor the room for them changes a bit.

    Args:
      function: Of one lane.
      mesh: Of D devices; lane-leading arrays have a multiple of D·W lanes.
      width: W, lanes of a group, which are computed at once.
      axes: Of its arguments.
      in_place: Whether the first of two results is written where the first argument was.
      **options: Of `jax.jit`.
    """
    group = jax.jit(jax.vmap(function, in_axes=axes), inline=True)  # traced once for two uses
    turns = partial(_turns, group, width, axes, in_place)
    specs = SHARED, *(SHARED if axis is None else LANES for axis in axes)
    over_devices = jax.shard_map(turns, mesh=mesh, in_specs=specs, out_specs=LANES, check_vma=False)
    return jax.jit(over_devices, **options)


def _turns(group: Any, width: int, axes: Axes, in_place: bool, groups: Any, *args: Any) -> Any:
    """One group after the other, on one device."""
    of_lanes = [arg for arg, axis in zip(args, axes) if axis is not None]
    room = len(jax.tree.leaves(of_lanes)[0])
    if room == width:
        return group(*args)

    def given(number, args):
        own = partial(jax.lax.dynamic_slice_in_dim, start_index=number * width, slice_size=width)
        return [arg if axis is None else jax.tree.map(own, arg) for arg, axis in zip(args, axes)]

    def turn(number, results):
        found = group(*given(number, (results[0], *args[1:]) if in_place else args))
        put = partial(jax.lax.dynamic_update_slice_in_dim, start_index=number * width, axis=0)
        return jax.tree.map(put, results, found)

    shapes = jax.eval_shape(group, *jax.eval_shape(partial(given, 0), args))
    results = jax.tree.map(partial(_zeros, room), shapes)
    return jax.lax.fori_loop(0, groups, turn, (args[0], results[1]) if in_place else results)


def _zeros(room: int, group: jax.ShapeDtypeStruct) -> Any:
    """For a result of so many lanes."""
    if jnp.issubdtype(group.dtype, jax.dtypes.prng_key):
        numbers = jax.eval_shape(jax.random.key_data, group)
        return jax.random.wrap_key_data(_zeros(room, numbers), impl="threefry2x32")
    return jnp.zeros((room, *group.shape[1:]), group.dtype)
