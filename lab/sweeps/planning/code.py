"""What the functions of a program compute, hashed: edited ones are no longer the same program."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import Literal

from lab import compatibility
from lab.sweeps.execution.lane_state import host
from lab.training import make_train
from lab.types import Hypers, Program, Stream, float_type

ADDRESS = re.compile(r"0x[0-9a-f]+")  # of functions that stand in a jaxpr; of this process alone


def code(program: Program, hypers: Hypers, rows: Mapping[str, Any]) -> dict[str, str]:
    """Hashes of initialization, update and evaluation, the same in every process.

    Each is of the operations that JAX traces, at the shapes of one lane, and of the arrays that
    they hold: whatever changes a number changes it, wherever it was edited; a comment does not.

    Args:
      program: Whose functions.
      hypers: The numbers of some lane; only their names count.
      rows: The data, for their shapes.
    """
    train, number = make_train(program), jax.ShapeDtypeStruct((), float_type())
    numbers = jax.tree.map(lambda _: number, hypers)
    key: Any = jax.ShapeDtypeStruct((2,), jnp.uint32)
    table = {k: jax.ShapeDtypeStruct(np.shape(v), np.asarray(v).dtype) for k, v in rows.items()}
    order: Any = jax.ShapeDtypeStruct((program.batch_size,), jnp.int32)
    rates: Any = jax.ShapeDtypeStruct((1,), float_type())
    mask: Any = jax.ShapeDtypeStruct(order.shape, float_type())

    def start(key, hypers):
        return train.start(train.draw(key, hypers), key, hypers)

    state = jax.eval_shape(start, key, numbers)
    update = (state, table, Stream(order, rates, key), numbers, np.int32(0), np.int32(1))
    return {
        "init": _hash(start, key, numbers),
        "loss and update rule": _hash(train.advance, *update),
        "metrics": _hash(train.evaluate, state, table, order, mask, numbers),
    }


def _hash(function: Callable[..., Any], *args: Any) -> str:
    closed = jax.make_jaxpr(function)(*args)
    digest = hashlib.sha256(ADDRESS.sub("", str(closed.jaxpr)).encode())
    for array in host(list(_held(closed))):
        digest.update(array.tobytes())
    return digest.hexdigest()[:16]


def _held(closed: Any) -> Iterator[Any]:
    """The arrays that a jaxpr, and those within it, hold: its text shows but their shapes."""
    yield from compatibility.held(closed).values()
    for equation in closed.eqns:
        literals = [atom.val for atom in equation.invars if isinstance(atom, Literal)]
        yield from (value for value in literals if hasattr(value, "dtype"))
        for part in jax.tree.leaves(equation.params):
            if isinstance(part, compatibility.JAXPRS):
                yield from _held(part)
