"""The computational graph of a function, with forward and backward values, off its jaxpr.

Forward: every intermediate value once, in order. Backward, reverse mode: the gradient of the
output by each value is the sum over its uses of (gradient by the result) × (local derivative),
in opposite order, again once. Wengert, A simple automatic derivative evaluation program, 1964.
"""

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import Literal
from jax.typing import ArrayLike

from lab.validation.checks import checked
from lab.validation.errors import require

SYMBOLS = {
    "add": "+", "add_any": "+", "sub": "−", "mul": "×", "div": "÷", "neg": "−()",
    "dot_general": "@", "logistic": "σ", "reduce_sum": "Σ", "reduce_max": "max",
    "sqrt": "√", "square": "()²", "convert_element_type": "cast",
}  # fmt: skip


class Node(NamedTuple):
    """One value of the graph."""

    name: str  # of an input: the argument's; of another: v1, v2, ...; of a constant: its value
    operation: str  # "input", "constant", or what made the value
    value: np.ndarray
    gradient: np.ndarray | None  # ∂ output / ∂ value; None for constants and for integers
    inputs: tuple[int, ...]  # numbers of the nodes that it was made of


class Graph(NamedTuple):
    """Nodes in the order in which they are computed, the output last."""

    nodes: tuple[Node, ...]

    @property
    def depth(self) -> list[int]:
        """Longest path from an input or constant to each node, in edges."""
        depths: list[int] = []
        for node in self.nodes:
            depths.append(1 + max((depths[i] for i in node.inputs), default=-1))
        return depths


@checked
def computational_graph(function: Callable[..., Any], *arguments: ArrayLike) -> Graph:
    """Trace `function` and run it forward and backward, one operation at a time.

    Args:
      function: Arrays -> []. Calls of jitted functions are opened; loops are not, each is a node.
      *arguments: Where; numbers or arrays.

    Raises:
      InputError: If the function does not return one scalar, or an operation gives several values.

    >>> graph = computational_graph(lambda a, b, c: (a + b) * (b - c), 2.0, 1.0, 0.5)
    >>> [(node.operation, float(node.value), float(node.gradient)) for node in graph.nodes[3:]]
    [('+', 3.0, 0.5), ('−', 0.5, 3.0), ('×', 1.5, 1.0)]
    """
    values = [
        jnp.asarray(a, jnp.result_type(float)) if _plain(a) else jnp.asarray(a) for a in arguments
    ]
    closed = jax.make_jaxpr(function)(*values)
    shapes = [tuple(v.aval.shape) for v in closed.jaxpr.outvars]  # type: ignore[attr-defined]
    require(shapes == [()], f"the function must return one scalar, given shapes {shapes}.")
    tape = _Tape()
    inputs = [tape.add(name, "input", value) for name, value in zip(_names(function), values)]
    (output,) = tape.run(closed, inputs)
    return Graph(tape.backward(output))


class _Tape:
    """Nodes as they come, each with the function that made it."""

    def __init__(self):
        self.nodes: list[Node] = []
        self.made_by: list[Callable[..., jax.Array] | None] = []

    def add(self, name, operation, value, inputs=(), made_by=None) -> int:
        self.nodes.append(Node(name, operation, np.asarray(value), None, tuple(inputs)))
        self.made_by.append(made_by)
        return len(self.nodes) - 1

    def constant(self, value) -> int:
        return self.add(
            f"{float(value):.3g}" if np.ndim(value) == 0 else "array", "constant", value
        )

    def run(self, closed: Any, inputs: list[int]) -> list[int]:
        """Evaluate equation by equation; the numbers of the outputs' nodes."""
        jaxpr = closed.jaxpr
        at: dict[Any, int] = dict(zip(jaxpr.invars, inputs))
        at |= {var: self.constant(value) for var, value in zip(jaxpr.constvars, closed.consts)}

        def read(atom) -> int:
            return self.constant(atom.val) if isinstance(atom, Literal) else at[atom]

        for equation in jaxpr.eqns:
            sources = [read(atom) for atom in equation.invars]
            if equation.primitive.name in ("jit", "pjit", "closed_call"):
                inner = equation.params["jaxpr"]
                at |= dict(zip(equation.outvars, self.run(inner, sources)))
                continue
            require(
                len(equation.outvars) == 1,
                f"operation {equation.primitive.name!r} gives several values: it has no node.",
            )
            apply = _application(equation)
            value = apply(*(jnp.asarray(self.nodes[i].value) for i in sources))
            count = sum(node.operation not in ("input", "constant") for node in self.nodes)
            at[equation.outvars[0]] = self.add(
                f"v{count + 1}", _symbol(equation), value, sources, apply
            )
        return [read(atom) for atom in jaxpr.outvars]

    def backward(self, output: int) -> tuple[Node, ...]:
        """Every node with its gradient, from the output back."""
        gradients: list[Any] = [None] * len(self.nodes)
        gradients[output] = jnp.ones_like(self.nodes[output].value)
        for number in reversed(range(len(self.nodes))):
            node, apply = self.nodes[number], self.made_by[number]
            if apply is None or gradients[number] is None:
                continue
            values = [jnp.asarray(self.nodes[i].value) for i in node.inputs]
            smooth = [k for k, value in enumerate(values) if _is_float(value)]

            def of_smooth(*parts, apply=apply, values=values, smooth=smooth):
                whole = list(values)
                for k, part in zip(smooth, parts):
                    whole[k] = part
                return apply(*whole)

            local = jax.vjp(of_smooth, *(values[k] for k in smooth))[1]
            for k, part in zip(smooth, local(gradients[number])):
                i = node.inputs[k]
                gradients[i] = part if gradients[i] is None else gradients[i] + part
        return tuple(
            node
            if node.operation == "constant" or not _is_float(node.value)
            else node._replace(
                gradient=np.zeros_like(node.value) if gradient is None else np.asarray(gradient)
            )
            for node, gradient in zip(self.nodes, gradients)
        )


def _application(equation) -> Callable[..., jax.Array]:
    def apply(*values):
        parameters = equation.primitive.get_bind_params(equation.params)
        out = equation.primitive.bind(*values, **parameters)
        return out[0] if equation.primitive.multiple_results else out

    return apply


def _symbol(equation) -> str:
    name = str(equation.primitive.name)
    if name == "integer_pow":
        return f"()^{equation.params['y']}"
    if name == "custom_jvp_call":  # jax.nn.relu and its like: named by what they wrap
        inner = equation.params["call_jaxpr"].jaxpr.eqns
        return inner[0].params.get("name", "function") if inner else "function"
    return SYMBOLS.get(name, name)


def _names(function: Callable[..., Any]):
    """The arguments' names, then x1, x2, ... where a function does not tell them."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        parameters = ()
    yield from (p.name for p in parameters if p.kind in (0, 1))
    yield from (f"x{i}" for i in range(1, 1000))


def _plain(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_float(value: Any) -> bool:
    return bool(jnp.issubdtype(jnp.asarray(value).dtype, jnp.floating))
