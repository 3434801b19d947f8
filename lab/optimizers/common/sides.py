"""Arrays of any rank seen as matrices: which axes are summed over, which are put out."""

import math
from collections.abc import Callable
from typing import Any

import jax
from optax.contrib import MuonDimensionNumbers

from lab.validation.errors import require


def dimension_numbers(spec: Any, tree: Any) -> Any:
    """`spec` spelled out for every array of `tree`: `MuonDimensionNumbers`, or None for no matrix.

    Args:
      spec: One such value, a tree of them (or a prefix of one), or a function that returns one of
        those from `tree`. None at the root stands for (rows in, columns out) everywhere.
      tree: The parameters, or anything shaped as they are.
    """
    if callable(spec):
        spec = spec(tree)
    if spec is None:
        spec = MuonDimensionNumbers()

    def spread(numbers, branch):
        return jax.tree.map(lambda _: numbers, branch)

    return jax.tree.map(
        spread, spec, tree, is_leaf=lambda x: x is None or isinstance(x, MuonDimensionNumbers)
    )


def sides(shape: tuple[int, ...], numbers: MuonDimensionNumbers) -> tuple[int, int]:
    """How long the rows' and the columns' side is."""
    inward, outward = matrix_axes(len(shape), numbers)
    return math.prod(shape[i] for i in inward), math.prod(shape[i] for i in outward)


def as_matrices(
    x: jax.Array, numbers: MuonDimensionNumbers
) -> tuple[jax.Array, Callable[[jax.Array], jax.Array]]:
    """`x` as matrices [batch, in, out], and the way back; other axes are the batch."""
    inward, outward = matrix_axes(x.ndim, numbers)
    batch = tuple(i for i in range(x.ndim) if i not in inward + outward)
    order = batch + inward + outward
    moved = x.transpose(order)
    many = math.prod(x.shape[i] for i in batch)  # no −1, which an empty array leaves open

    def restore(matrices):
        return matrices.reshape(moved.shape).transpose(sorted(range(x.ndim), key=order.__getitem__))

    return moved.reshape(many, *sides(x.shape, numbers)), restore


def matrix_axes(
    rank: int, numbers: MuonDimensionNumbers
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The axes of the rows (in) and of the columns (out), counted from the first."""
    require(rank >= 2, f"a matrix has at least 2 axes, given an array of {rank}.")

    def each(axes):
        return tuple(i % rank for i in ((axes,) if isinstance(axes, int) else axes))

    inward, outward = each(numbers.reduction_axis), each(numbers.output_axis)
    require(
        not set(inward) & set(outward),
        f"an axis is of the rows or of the columns, given {numbers} for an array of {rank} axes.",
    )
    return inward, outward
