"""What a probe of one update cannot see: the first parameters, and the gradient before.

A wrapper around any gradient transformation that keeps both in its state and changes no update.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache, wraps
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from lab.catalog import OptimizerEntry
from lab.validation.checks import checked
from lab.validation.errors import InputError


class Remembered(NamedTuple):
    """The state of a rule with what was before beside it."""

    inner: Any  # the rule's own state
    start: Any  # w₀: the parameters that training began with
    gradient: Any  # of the update before, shaped as the parameters; 0 before the first


@checked
def remember(rule: optax.GradientTransformation) -> optax.GradientTransformationExtraArgs:
    """The same rule, with the first parameters and the last gradient in its state.

    Memory: two more arrays of the parameters' size.

    >>> import optax
    >>> rule = remember(optax.sgd(0.1))
    >>> state = rule.init(jnp.float32(3.0))
    >>> _, state = rule.update(jnp.float32(1.0), state)
    >>> print(memory(state).start, memory(state).gradient)
    3.0 1.0
    """
    rule = optax.with_extra_args_support(rule)

    def init(params):
        start = jax.tree.map(jnp.array, params)  # a copy: the user's buffers may be donated
        return Remembered(rule.init(params), start, jax.tree.map(jnp.zeros_like, params))

    def update(updates, state, params=None, **extra):
        new, inner = rule.update(updates, state.inner, params, **extra)
        return new, Remembered(inner, state.start, updates)

    return optax.GradientTransformationExtraArgs(init, update)


@checked
def memory(opt_state: Any) -> Remembered:
    """The part of an optimizer's state that `remember` put there.

    Raises:
      InputError: If it did not.
    """

    def is_memory(node):
        return isinstance(node, Remembered)

    found = [node for node in jax.tree.leaves(opt_state, is_leaf=is_memory) if is_memory(node)]
    if not found:
        raise InputError(
            "opt_state remembers nothing: wrap the optimizer in lab.probes.remember, or its "
            "catalogue entry in lab.probes.remembering."
        )
    return found[0]


@checked
def remembering(entry: OptimizerEntry) -> OptimizerEntry:
    """The entry of a rule, wrapped in `remember`: what a sweep takes in place of its name."""
    inner = entry.eval_params
    return replace(
        entry,
        by_hand=_remembering_factory(entry.by_hand),
        state_slots=entry.state_slots + 2,
        eval_params=None if inner is None else EvaluateInner(inner),
    )


@dataclass(frozen=True)
class EvaluateInner:
    """Where the rule inside is to be evaluated."""

    eval_params: Callable[[Any, Any], Any]

    def __call__(self, opt_state, params):
        """As without memory."""
        return self.eval_params(opt_state.inner, params)


@lru_cache(maxsize=256)  # equal factories share compilations
def _remembering_factory(factory):
    @wraps(factory)  # a sweep reads the names and defaults of the numbers from the signature
    def build(*args, **numbers):
        return remember(factory(*args, **numbers))

    return build
