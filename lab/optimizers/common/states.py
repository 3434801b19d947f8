"""Finding the state of a rule in that of what wraps it."""

from collections.abc import Callable
from typing import Any

import jax
import optax

from lab.optimizers.common.transformation import narrowed, widened
from lab.shapes import require_alike
from lab.validation.errors import require, shown
from lab.validation.kinds import is_scalar, is_tree


def named_tuples(state: Any) -> list[Any]:
    """Every named tuple in a state, outer ones first: those of chains, masks, `MultiSteps`, …"""
    found: list[Any] = []

    def visit(node: Any) -> bool:
        if hasattr(node, "_fields"):
            found.append(node)
        return False

    jax.tree.flatten(state, is_leaf=visit)
    return found


def evaluation_point(
    state: Any,
    params: Any,
    rule: str,
    kept: tuple[str, ...],
    point: Callable[[Any, jax.Array, jax.Array], jax.Array],
    also: tuple[str, ...] = (),
) -> Any:
    """Where a rule that keeps other arrays than its iterate is to be evaluated.

    Args:
      state: The rule's, alone or inside of what wraps it.
      params: The iterate.
      rule: What it is called in an error.
      kept: Fields of its named tuple: what is shaped as the parameters, and numbers.
      also: Other fields that tell it from named tuples of other rules.
      point: `(named tuple, kept array, array of the iterate) -> array of the point`.

    Returns:
      The point, in the dtypes of the parameters; what a wrapper keeps from the rule as it is.
    """
    found = [n for n in named_tuples(state) if {*kept, *also} <= set(n._fields)]
    _, *numbers = kept
    sound = [is_tree(tuple(n)) and _are_numbers(n, numbers) for n in found]
    require(sound != [] and all(sound), f"state must be that of {rule}, given {shown(state)}.")
    for node in found:
        params = _moved(node, getattr(node, kept[0]), params, point)
    return params


def _are_numbers(node: Any, fields: list[str]) -> bool:
    return all(is_scalar(getattr(node, field)) for field in fields)


def _moved(node: Any, kept: Any, params: Any, point: Callable[..., jax.Array]) -> Any:
    def masked(x):
        return isinstance(x, optax.MaskedNode)

    try:
        whole = jax.tree.map(lambda x, w: w if masked(x) else x, kept, params, is_leaf=masked)
    except ValueError:
        whole = kept  # of another structure: refused in the next line
    require_alike("params", params, "the state", whole)
    moved = jax.tree.map(
        lambda x, w: w if masked(x) else point(node, x, w), kept, widened(params), is_leaf=masked
    )
    return narrowed(moved, params)
