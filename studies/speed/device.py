"""On which kind of device speed is measured, in processes of its own too."""

import os
from collections import Counter

import jax

from lab.validation.errors import InputError, require


def start_on(kind: str | None) -> None:
    """Start JAX on devices of a kind; by default, on those that it prefers.

    Raises:
      InputError: If JAX finds none here, with what it finds.
    """
    if kind == "cpu":  # else an accelerator would be taken before it
        os.environ["JAX_PLATFORMS"] = kind
        jax.config.update("jax_platforms", kind)
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # panels share an accelerator
    try:
        found = jax.devices()
    except RuntimeError as error:
        raise InputError(f"JAX finds no device: {str(error).splitlines()[0]}") from error
    kinds = Counter(f"{device.platform} ({device.device_kind})" for device in found)
    told = ", ".join(f"{count} x {name}" for name, count in kinds.items())
    require(
        kind in (None, found[0].platform),
        f"--device must be a kind that JAX finds here, which is {told}, given {kind!r}.",
    )
