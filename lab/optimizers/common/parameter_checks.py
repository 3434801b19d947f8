"""What a rule's `update` must be given beside gradients and state."""

from typing import Any

import jax
import jax.numpy as jnp

from lab.validation.errors import InputError


def require_params(params: Any, rule: str) -> Any:
    """`params`; `None` is refused with a sentence that names the rule."""
    if params is None:
        raise InputError(f"{rule} needs params: call update(updates, state, params).")
    return params


def require_real(params: Any, rule: str) -> Any:
    """`params`; complex ones are refused: the rule's paper has no form for them."""
    for path, leaf in jax.tree_util.tree_flatten_with_path(params)[0]:
        if jnp.iscomplexobj(leaf):
            name = jax.tree_util.keystr(path) or "the parameter"
            raise InputError(
                f"{rule} is of real parameters, given {jnp.result_type(leaf)} for {name}."
            )
    return params
