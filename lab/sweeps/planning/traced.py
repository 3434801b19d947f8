"""The functions of a program as JAX traces them for one lane: what is counted, and what is hashed.

At the shapes of one lane, one batch and one split, so that neither the number of lanes nor of
splits matters.
"""

import hashlib
from collections.abc import Iterator, Mapping
from functools import lru_cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.extend.core import Literal

from lab import compatibility
from lab.sweeps.planning.callbacks import ADDRESS, called
from lab.training import first_state, make_train
from lab.types import Hypers, Program, Rule, Stream, float_type

Shapes = tuple[tuple[str, tuple[int, ...], Any], ...]  # name, shape and dtype of every column


class Form(NamedTuple):
    """What the traced functions of a program depend on."""

    program: Program
    rule: tuple[str, ...]  # names of the optimizer's numbers
    task: tuple[str, ...]
    rows: Shapes
    dtype: Any  # of numbers


class Traced(NamedTuple):
    """What starts and what trains a program, with the shapes of their arguments."""

    start: Any  # a jaxpr, as the other
    advance: Any
    start_args: tuple[Any, ...]
    advance_args: tuple[Any, ...]  # the state's place first, the number of updates last


def form(program: Program, hypers: Hypers, rows: Mapping[str, Any]) -> Form:
    """Of a program: of the numbers only the names count, of the rows the shapes."""
    shapes = tuple((k, np.shape(v), np.asarray(v).dtype) for k, v in sorted(rows.items()))
    return Form(program, tuple(hypers.rule), tuple(hypers.task), shapes, float_type())


@lru_cache(maxsize=16)  # what is made of them is small, and kept
def traced(form: Form) -> Traced:
    """Trace a program once."""
    program, train = form.program, make_train(form.program)
    number = jax.ShapeDtypeStruct((), form.dtype)
    hypers = Hypers(dict.fromkeys(form.rule, number), dict.fromkeys(form.task, number))
    key: Any = jax.ShapeDtypeStruct((2,), jnp.uint32)
    table = {name: jax.ShapeDtypeStruct(shape, kind) for name, shape, kind in form.rows}
    order: Any = jax.ShapeDtypeStruct((program.batch_size,), jnp.int32)
    one: Any = jax.ShapeDtypeStruct((1,), form.dtype)
    first = partial(first_state, train)
    start, state = jax.make_jaxpr(first, return_shape=True)(key, hypers)
    update = (state, table, Stream(order, one, key), hypers, np.int32(0), np.int32(0))
    return Traced(
        start,
        jax.make_jaxpr(train.advance)(*update),
        (key, hypers),
        update,
    )


@lru_cache(maxsize=4096)
def code(form: Form) -> dict[str, str]:
    """Hashes of initialization, update and evaluation, the same in every process.

    Each is of the operations that JAX traces and of the arrays that they hold: whatever changes a
    number changes it, wherever it was edited; a comment does not.
    """
    found = traced(form)
    return {
        "init": digest(found.start),
        "loss and update rule": digest(found.advance),
        "metrics": _metrics(_without_rule(form)),
    }


def _without_rule(form: Form) -> Form:
    """Optimizers that evaluate at their iterate evaluate alike."""
    if form.program.rule.eval_params is not None:
        return form
    program = Program(
        form.program.problem, Rule(optax.identity, takes_rate=False), form.program.batch_size
    )
    return form._replace(program=program, rule=())


@lru_cache(maxsize=4096)
def _metrics(form: Form) -> str:
    state, table, stream, hypers, *_ = traced(form).advance_args
    mask: Any = jax.ShapeDtypeStruct(stream.order_CB.shape, form.dtype)
    evaluate = make_train(form.program).evaluate
    return digest(jax.make_jaxpr(evaluate)(state, table, stream.order_CB, mask, hypers))


@lru_cache(maxsize=4096)
def predict_code(form: Form) -> str:
    """Hash of what a program predicts of a row."""
    state, table, _, hypers, *_ = traced(form).advance_args
    row: Any = jax.ShapeDtypeStruct((1,), jnp.int32)
    return digest(jax.make_jaxpr(make_train(form.program).predict)(state, table, row, hypers))


def digest(closed: Any) -> str:
    """SHA-256 of a traced function, its first 16 digits."""
    found = hashlib.sha256(ADDRESS.sub("", str(compatibility.opened(closed))).encode())
    for held in _held(closed):
        found.update(held if isinstance(held, bytes) else np.asarray(_data(held)).tobytes())
    return found.hexdigest()[:16]


def _held(closed: Any) -> Iterator[Any]:
    """What the text of a jaxpr does not show: the arrays that it holds, and calls of the host."""
    yield from compatibility.held(closed).values()
    for equation in closed.eqns:
        literals = [atom.val for atom in equation.invars if isinstance(atom, Literal)]
        yield from (value for value in literals if hasattr(value, "dtype"))
        yield from called(equation)
        for part in jax.tree.leaves(equation.params):
            if isinstance(part, compatibility.JAXPRS):
                yield from _held(part)


def _data(array: Any) -> Any:
    is_key = jnp.issubdtype(array.dtype, jax.dtypes.prng_key)
    return jax.random.key_data(array) if is_key else array
