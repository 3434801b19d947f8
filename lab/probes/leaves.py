"""Which arrays of a parameter tree belong to one layer, and in which order of depth they stand.

Any pytree: nested dictionaries (Flax Linen), an NNX state, an Equinox module. What is no array of
real or complex numbers (functions, counts, keys) is passed over.
"""

import re
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from lab.validation.checks import checked
from lab.validation.errors import require, shown
from lab.validation.kinds import Count, Module

Scalars = dict[str, jax.Array]  # one number [] per layer, in order of depth


@checked
def layers(tree: Module, depth: Count | None = None) -> dict[str, list[Any]]:
    """The arrays of each layer by its name, first layers first.

    A layer is a node that holds arrays (kernel and bias of `hidden_00/dense`), or with `depth`
    whatever shares the first `depth` keys (1: all of `hidden_00`). Keys of dictionaries, which
    JAX sorts as text, are sorted with their numbers as numbers (`Dense_2` before `Dense_10`);
    fields and lists keep their order. Names that tell nothing of depth cannot be put in order.

    Args:
      tree: Parameters, a gradient, an update: L layers.
      depth: How many keys name a layer; None for all but the last one.

    Returns:
      `{name: [array, ...]}`, L names such as `"hidden_00/dense"`.

    >>> tree = {"Dense_2": {"kernel": jnp.ones((2, 2))}, "Dense_10": {"kernel": jnp.ones((2, 1))}}
    >>> list(layers(tree))
    ['Dense_2', 'Dense_10']
    """
    seen: dict[Any, int] = {}
    found: dict[tuple, list[Any]] = {}
    for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
        if is_numbers(leaf):
            place = tuple((_rank(key, seen), _text(key)) for key in _layer(_bare(path), depth))
            found.setdefault(place, []).append(leaf)
    return {"/".join(text for _, text in place): found[place] for place in sorted(found)}


@checked
def layer_names(tree: Module, depth: Count | None = None) -> tuple[str, ...]:
    """The names of the layers in order of depth [L]: the coordinates of `stacked` values."""
    return tuple(layers(tree, depth))


@checked
def stacked(values: Mapping[str, ArrayLike]) -> jax.Array:
    """The values of all layers as one array: {name: [...]} -> [L, ...], in the order given."""
    shapes = {np.shape(value) for value in values.values()}
    require(len(shapes) == 1, f"values must be of one shape, given {shown(sorted(shapes))}.")
    return jnp.stack([jnp.asarray(value) for value in values.values()])


def arrays(tree: Any) -> list[Any]:
    """The leaves of a tree that are arrays of real or complex numbers."""
    return [leaf for leaf in jax.tree.leaves(tree) if is_numbers(leaf)]


def is_numbers(leaf: Any) -> bool:
    """Whether a leaf is an array (or the shape of one) of real or complex numbers."""
    return hasattr(leaf, "dtype") and jnp.issubdtype(leaf.dtype, jnp.inexact)


def wide(leaf: Any) -> Any:
    """An array of half precision as float32, whose sums do not overflow; others as they are."""
    return leaf if jnp.finfo(leaf.dtype).bits >= 32 else leaf.astype(jnp.float32)


def _bare(path):
    """The path without the `.value` by which NNX gets at a variable's array."""
    if len(path) > 1 and getattr(path[-1], "name", None) == "value" and hasattr(path[-2], "key"):
        return path[:-1]
    return path


def _layer(path, depth):
    if depth is not None:
        return path[:depth]
    return path[:-1] if len(path) > 1 else path


def _text(key) -> str:
    return jax.tree_util.keystr((key,), simple=True)


def _rank(key, seen) -> tuple:
    """What siblings are sorted by: numbers within a dictionary's key, or the order of fields."""
    if hasattr(key, "idx"):
        return ((0, key.idx, ""),)
    if hasattr(key, "name"):
        return ((0, seen.setdefault(key, len(seen)), ""),)
    parts = re.split(r"(\d+)", _text(key))
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part)
