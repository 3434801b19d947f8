"""What a rule's `update` must be given beside gradients and state."""

from typing import Any

from lab.errors import InputError


def needed(params: Any, rule: str) -> Any:
    """`params`; `None` is refused with a sentence that names the rule."""
    if params is None:
        raise InputError(f"{rule} needs params: call update(updates, state, params).")
    return params
