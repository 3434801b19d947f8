"""Finding the state of a rule in that of what wraps it."""

from typing import Any

import jax


def named_tuples(state: Any) -> list[Any]:
    """Every named tuple in a state, outer ones first: those of chains, masks, `MultiSteps`, …"""
    found: list[Any] = []

    def visit(node: Any) -> bool:
        if hasattr(node, "_fields"):
            found.append(node)
        return False

    jax.tree.flatten(state, is_leaf=visit)
    return found
