"""Shapes that have to agree: what concerns two arguments, or an argument and its axis."""

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from lab.validation.errors import InputError, require, shown


def require_alike(name: str, tree: Any, other_name: str, other: Any) -> None:
    """Raise `InputError` unless `tree` has the structure and the shapes of `other`."""
    structure, of_other = jax.tree.structure(tree), jax.tree.structure(other)
    shapes, of_others = ([np.shape(x) for x in jax.tree.leaves(t)] for t in (tree, other))
    if structure != of_other or shapes != of_others:
        raise InputError(
            f"{name} must have the structure and shapes of {other_name}, with {len(of_others)} "
            f"arrays {shown(of_others)}, given {len(shapes)} {shown(shapes)}."
        )


def require_axis(axis: int, values: Any) -> None:
    """Raise `InputError` unless the values have such an axis."""
    axes = np.ndim(values)
    require(-axes <= axis < axes, f"axis must be one of {axes} axes, given {axis}.")


def require_broadcast(**arrays: Any) -> None:
    """Raise `InputError` unless NumPy broadcasts the shapes of these arguments."""
    shapes = [np.shape(array) for array in arrays.values()]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        told = " and ".join(arrays)
        raise InputError(f"{told} must have shapes that go together, given {shapes}.") from None


def require_layers(widths: Sequence[int]) -> None:
    """Raise `InputError` unless these widths, n_0 first, are of a network with a layer."""
    require(len(widths) >= 2, f"widths must list at least two layers, given {tuple(widths)}.")
