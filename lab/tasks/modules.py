"""Parameters that are modules: trees of arrays, and of functions and flags that nobody trains.

The arrays are what a task's parameters are; the rest is put back before its functions are called.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lab.tasks.task import Initial

NUMBERS = (bool, int, float, complex)
Init = Callable[..., Any]  # of the words `key` and `hypers`


def arrays(init: Init, key: Any, hypers: Any) -> Initial:
    """The arrays that `init` makes; None stands where the rest was."""
    return _divided(init(key=key, hypers=hypers))[0]


def whole(init: Init, params: Any, model_state: Any, hypers: Any) -> Initial:
    """Arrays with the rest of what `init` makes, of whose `hypers` only the names count."""
    rest = _rest(init, tuple(hypers))
    return Initial(_joined(params, rest.params), _joined(model_state, rest.model_state))


def arrays_of_state(model_state: Any) -> Any:
    """Of the state that a loss gives back."""
    return _split(model_state, _is_number)[0]


@lru_cache(maxsize=64)
def _rest(init: Init, hypers: tuple[str, ...]) -> Initial:
    found = []

    def make():
        made, rest = _divided(
            init(key=jax.random.key(0), hypers=dict.fromkeys(hypers, jnp.ones(())))
        )
        found.append(rest)
        return made

    jax.eval_shape(make)
    return found[0]


def _divided(made: Any) -> tuple[Initial, Initial]:
    """Arrays, and the rest.

    Python's numbers are arrays as well: among parameters only where those hold nothing else, as
    beside functions and flags they are a module's settings (the rate of a dropout).
    """
    params, model_state = made if isinstance(made, Initial) else (made, {})
    plain = all(_is_array(leaf) or type(leaf) is float for leaf in jax.tree.leaves(params))
    trained, settings = _split(params, _is_number if plain else _is_array)
    state, others = _split(model_state, _is_number)
    return Initial(trained, state), Initial(settings, others)


def _split(tree: Any, chosen: Callable[[Any], bool]) -> tuple[Any, Any]:
    yes = jax.tree.map(lambda leaf: jnp.asarray(leaf) if chosen(leaf) else None, tree)
    return yes, jax.tree.map(lambda leaf: None if chosen(leaf) else leaf, tree)


def _joined(made: Any, rest: Any) -> Any:
    if not jax.tree.leaves(rest):
        return made
    return jax.tree.map(
        lambda leaf, other: other if leaf is None else leaf,
        made,
        rest,
        is_leaf=lambda leaf: leaf is None,
    )


def _is_array(leaf: Any) -> bool:
    return isinstance(leaf, jax.Array | np.ndarray | np.generic)


def _is_number(leaf: Any) -> bool:
    return _is_array(leaf) or isinstance(leaf, NUMBERS)
