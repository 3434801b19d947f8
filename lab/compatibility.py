"""What is read of JAX beyond its public names, and what is done where a version has it no more.

Loops of a jaxpr are read by the shapes of their operands, which stay, where parameters of equations
change with versions.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

from jax.extend.core import ClosedJaxpr, Jaxpr

try:
    from jaxlib.xla_client import execution_stream_id
except ImportError:
    execution_stream_id = None

Body = ClosedJaxpr | Jaxpr  # one class of JAX 0.12


def has_lines() -> bool:
    """Whether calls on one CPU device may run beside one another: else each waits for all."""
    return execution_stream_id is not None


def line(number: int) -> AbstractContextManager[Any]:
    """Within it calls on a CPU device wait for those of the same number alone; 0 for all."""
    if execution_stream_id is None or not number:
        return nullcontext()
    return execution_stream_id(number)


class Loop(NamedTuple):
    """A loop of a jaxpr, of whose operands the first are constants.

    Attributes:
      body: A round: of its constants, what is carried, and a slice of what is scanned.
      constants: How many the body has.
      length: Rounds; None where `condition` says.
      condition: Whether to go on: of its own constants, which come first, and what is carried.
      condition_constants: How many it has.
    """

    body: Body
    constants: int
    length: int | None = None
    condition: Body | None = None
    condition_constants: int = 0


def inner_jaxprs(equation: Any) -> dict[str, Body]:
    """The functions that an equation calls, by name; not those that it chooses from."""
    return {k: part for k, part in equation.params.items() if isinstance(part, ClosedJaxpr | Jaxpr)}


def invars(body: Body) -> Sequence[Any]:
    """The variables that a function is called with."""
    return _opened(body).invars


def scan(equation: Any) -> Loop | None:
    """What a scan does; None where this version of JAX says it otherwise."""
    inner, length = [*inner_jaxprs(equation).values()], equation.params.get("length")
    if len(inner) != 1 or length is None:
        return None
    scanned = _sliced(equation.invars, invars(inner[0]))
    stacked = _sliced(equation.outvars, _opened(inner[0]).outvars)
    carried = len(equation.outvars) - stacked
    return Loop(inner[0], len(equation.invars) - carried - scanned, length)


def while_loop(equation: Any) -> Loop | None:
    """What a while loop does; None where this version of JAX says it otherwise."""
    inner, carried = inner_jaxprs(equation), len(equation.outvars)
    if set(inner) != {"cond_jaxpr", "body_jaxpr"}:
        return None
    condition, body = inner["cond_jaxpr"], inner["body_jaxpr"]
    own, shared = (len(invars(part)) - carried for part in (condition, body))
    return Loop(body, shared, condition=condition, condition_constants=own)


def branches(equation: Any) -> tuple[Body, ...] | None:
    """What a conditional chooses from; None where this version of JAX says it otherwise."""
    return equation.params.get("branches")


def _opened(body: Body) -> Any:
    return body.jaxpr if isinstance(body, ClosedJaxpr) else body


def _sliced(outside: Sequence[Any], inside: Sequence[Any]) -> int:
    """How many have one axis less inside."""
    return sum(a.aval.shape != b.aval.shape for a, b in zip(outside, inside, strict=True))
