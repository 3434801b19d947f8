"""Memory that runs out within a sweep, said in a sentence."""

from collections.abc import Iterator
from contextlib import contextmanager

import jax

from lab.validation.errors import InputError

_SIGNS = ("resource_exhausted", "out of memory")


@contextmanager
def explain_exhaustion(lanes: int, batch_size: int) -> Iterator[None]:
    """Raise `InputError` where memory runs out within; every other error passes."""
    try:
        yield
    except (MemoryError, jax.errors.JaxRuntimeError) as error:
        text = str(error).lower()
        if not isinstance(error, MemoryError) and not any(s in text for s in _SIGNS):
            raise
        raise InputError(
            f"memory ran out with {lanes} lanes in a group at batch_size={batch_size}: a "
            "smaller batch_size or model, a larger probe_every or fewer rows in predict_on avoid "
            "it, and on CPU fewer devices."
        ) from error
