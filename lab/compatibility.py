"""What is read of JAX beyond its public names, and what is done where a version has it no more.

Loops of a jaxpr are read by the shapes of their operands, which stay, where parameters of equations
change with versions.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import jax.extend.core
from jax.extend.core import Jaxpr

try:
    from jaxlib.xla_client import execution_stream_id
except ImportError:
    execution_stream_id = None

# With and without the arrays that it holds: one class since JAX 0.12.
JAXPRS: tuple[type, ...] = (Jaxpr, getattr(jax.extend.core, "ClosedJaxpr", Jaxpr))


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
      length: Rounds of a scan.
      condition: Whether a while loop goes on: of its own constants, which come first of all, and
        what is carried.
      condition_constants: How many it has.
    """

    body: Any
    constants: int
    length: int = 0
    condition: Any = None
    condition_constants: int = 0


def inner_jaxprs(equation: Any) -> dict[str, Any]:
    """The functions that an equation calls, by name; not those that it chooses from."""
    return {name: part for name, part in equation.params.items() if isinstance(part, JAXPRS)}


def opened(jaxpr: Any) -> Any:
    """A jaxpr whose variables and equations can be read, be it closed or not."""
    return getattr(jaxpr, "jaxpr", jaxpr)


def held(jaxpr: Any) -> dict[Any, Any]:
    """The arrays that a jaxpr holds, by their variables; none of one that is not closed."""
    return dict(zip(opened(jaxpr).constvars, getattr(jaxpr, "consts", ())))


def scan(equation: Any) -> Loop | None:
    """What a scan does; None where this version of JAX says it otherwise."""
    inner, length = [*inner_jaxprs(equation).values()], equation.params.get("length")
    if len(inner) != 1 or length is None:
        return None
    body = opened(inner[0])
    scanned, stacked = (
        _sliced(equation.invars, body.invars),
        _sliced(equation.outvars, body.outvars),
    )
    carried = len(equation.outvars) - stacked
    return Loop(inner[0], len(equation.invars) - carried - scanned, length)


def while_loop(equation: Any) -> Loop | None:
    """What a while loop does; None where this version of JAX says it otherwise."""
    inner, carried = inner_jaxprs(equation), len(equation.outvars)
    if set(inner) != {"cond_jaxpr", "body_jaxpr"}:
        return None
    condition, body = inner["cond_jaxpr"], inner["body_jaxpr"]
    own, shared = (len(opened(part).invars) - carried for part in (condition, body))
    return Loop(body, shared, condition=condition, condition_constants=own)


def branches(equation: Any) -> tuple[Any, ...] | None:
    """What a conditional chooses from; None where this version of JAX says it otherwise."""
    return equation.params.get("branches")


def _sliced(outside: Sequence[Any], inside: Sequence[Any]) -> int:
    """How many have one axis less inside."""
    return sum(a.aval.shape != b.aval.shape for a, b in zip(outside, inside, strict=True))
