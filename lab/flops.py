"""Floating-point operations of a function, counted from its jaxpr.

XLA's own analysis counts the body of a loop once and calls of LAPACK not at all; here loops count
as often as they run, and linear algebra by its formulas.
"""

import math
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import Literal

from lab import compatibility
from lab.validation.checks import checked
from lab.validation.kinds import Kind, Tree

Traced = Annotated[Any, Kind("a jaxpr", lambda value: isinstance(value, compatibility.JAXPRS))]


@checked
def count_flops(function: Callable[..., Any], *args: Tree) -> float:
    """Floating-point operations of `function(*args)`.

    A sum, product, root or exponential of floats counts 1 for each element of the result, a
    reduction 1 for each element that it reads, a product of matrices [M, K] and [K, N] 2 M K N,
    a factorization what the formula of its algorithm says (symmetric eigenvectors 9 n³, QR
    4/3 n³ and as much for Q, Cholesky n³ / 3, LU 2/3 n³; Golub & Van Loan, Matrix computations,
    2013). Complex numbers count 4 times as much. Moving, comparing and choosing numbers, and
    integers, are free.

    Loops and branches that depend on integers alone (a number of updates, a period) are followed:
    integers among `args` are known. Of other branches the dearest counts.

    Args:
      function: A function of arrays, such as the update of an optimizer.
      args: Its arguments: pytrees of arrays, or of `jax.ShapeDtypeStruct` in their place.

    Returns:
      The count; NaN where a loop runs until the data say so, and where this version of JAX holds
      loops and branches in a way that is not known here.

    >>> import jax.numpy as jnp
    >>> count_flops(lambda a, b: a @ b, jnp.ones((3, 4)), jnp.ones((4, 5)))
    120.0
    """
    return follow(function, *args)[0]


@checked
def follow(function: Callable[..., Any], *args: Tree) -> tuple[float, Any]:
    """The count, and the outputs of `function`: known integers, and shapes for all else."""
    closed, shapes = jax.make_jaxpr(function, return_shape=True)(*args)
    flops, known = follow_jaxpr(closed, *args)
    leaves, tree = jax.tree.flatten(shapes)
    outputs = [shape if value is None else value for value, shape in zip(known, leaves)]
    return flops, jax.tree.unflatten(tree, outputs)


@checked
def follow_jaxpr(closed: Traced, *args: Tree) -> tuple[float, list[Any]]:
    """The count of a function already traced, and its outputs: known integers, or None."""
    return _run(closed, [_known(leaf) for leaf in jax.tree.leaves(args)])


def _known(value: Any) -> Any:
    """A single integer or truth value that is there to be read; None for anything else."""
    if isinstance(value, jax.ShapeDtypeStruct) or jnp.size(value) != 1:
        return None
    kind = jnp.result_type(value)
    whole = jnp.issubdtype(kind, np.integer) or jnp.issubdtype(kind, np.bool_)
    return np.asarray(value) if whole else None


def _run(closed: Any, arguments: Sequence[Any]) -> tuple[float, list[Any]]:
    jaxpr = compatibility.opened(closed)
    values = dict(zip(jaxpr.invars, arguments))
    values |= {var: _known(const) for var, const in compatibility.held(closed).items()}

    def read(atom):
        return _known(atom.val) if isinstance(atom, Literal) else values.get(atom)

    total = 0.0
    for equation in jaxpr.eqns:
        flops, outputs = _equation(equation, [read(atom) for atom in equation.invars])
        total += flops
        values |= dict(zip(equation.outvars, outputs))
    return total, [read(atom) for atom in jaxpr.outvars]


def _equation(equation: Any, inputs: list[Any]) -> tuple[float, list[Any]]:
    control = {"while": _while, "cond": _cond, "scan": _scan}.get(equation.primitive.name)
    unknown = [None] * len(equation.outvars)
    if control is not None:
        return control(equation, inputs) or (math.nan, unknown)
    inner = compatibility.inner_jaxprs(equation)
    inner.pop("update_jaxpr", None)  # of a scatter
    bodies = [(body, len(compatibility.opened(body).invars)) for body in inner.values()]
    if len(bodies) == 1 and bodies[0][1] == len(inputs):
        return _run(bodies[0][0], inputs)
    if bodies:
        return sum(_run(body, [None] * count)[0] for body, count in bodies), unknown
    whole = INTEGERS.get(equation.primitive.name)
    if whole is not None and not any(value is None for value in inputs):
        kind, shape = equation.outvars[0].aval.dtype, equation.outvars[0].aval.shape
        if math.prod(shape) == 1 and not jnp.issubdtype(kind, jnp.inexact):
            return 0.0, [np.asarray(whole(*inputs)).astype(kind).reshape(shape)]
    return _arithmetic(equation), unknown


def _while(equation: Any, inputs: list[Any]) -> tuple[float, list[Any]] | None:
    loop = compatibility.while_loop(equation)
    if loop is None:
        return None
    own, shared = loop.condition_constants, loop.condition_constants + loop.constants
    for_condition, for_body, carry = inputs[:own], inputs[own:shared], inputs[shared:]
    total = 0.0
    while True:
        flops, (go_on,) = _run(loop.condition, [*for_condition, *carry])
        if go_on is None:
            return None
        if not go_on:
            return total + flops, carry
        more, carry = _run(loop.body, [*for_body, *carry])
        total += flops + more


def _cond(equation: Any, inputs: list[Any]) -> tuple[float, list[Any]] | None:
    (index, *rest), branches = inputs, compatibility.branches(equation)
    if branches is None:
        return None
    if index is not None:
        return _run(branches[int(index)], rest)
    return max(_run(branch, rest)[0] for branch in branches), [None] * len(equation.outvars)


def _scan(equation: Any, inputs: list[Any]) -> tuple[float, list[Any]] | None:
    loop = compatibility.scan(equation)
    if loop is None:
        return None
    known = [*inputs[: loop.constants], *[None] * (len(inputs) - loop.constants)]
    return loop.length * _run(loop.body, known)[0], [None] * len(equation.outvars)


# What is done to counters, in NumPy: nothing is compiled to count.
INTEGERS: dict[str, Callable[..., Any]] = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "max": np.maximum, "min": np.minimum,
    "rem": np.fmod, "div": lambda a, b: np.trunc(a / b), "neg": np.negative, "sign": np.sign,
    "eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal, "gt": np.greater,
    "ge": np.greater_equal, "and": np.bitwise_and, "or": np.bitwise_or, "not": np.invert,
    "xor": np.bitwise_xor, "select_n": lambda which, *cases: cases[int(which)],
    "clamp": lambda low, x, high: np.clip(x, low, high), "convert_element_type": np.asarray,
    "broadcast_in_dim": np.asarray, "reshape": np.asarray, "squeeze": np.asarray,
    "copy": np.asarray, "stop_gradient": np.asarray,
}  # fmt: skip
FREE = {
    "abs", "broadcast_in_dim", "clamp", "concatenate", "conj", "convert_element_type", "copy",
    "copy_p", "dynamic_slice", "dynamic_update_slice", "expand_dims", "gather", "imag", "iota",
    "max", "min", "neg", "optimization_barrier", "pad", "real", "reduce_precision", "reshape",
    "rev", "scatter", "select_n", "sign", "slice", "sort", "split", "squeeze", "transpose",
}  # fmt: skip
# Of an [m, n] matrix, n its smaller side; of a triangle [n, n] and m right-hand sides.
FACTORIZATIONS: dict[str, Callable[[int, int], float]] = {
    "cholesky": lambda m, n: n**3 / 3,
    "eigh": lambda m, n: 9 * n**3,
    "geqrf": lambda m, n: 2 * m * n**2 - 2 / 3 * n**3,
    "householder_product": lambda m, n: 2 * m * n**2 - 2 / 3 * n**3,
    "lu": lambda m, n: m * n**2 - n**3 / 3,
    "qr": lambda m, n: 4 * m * n**2 - 4 / 3 * n**3,
    "svd": lambda m, n: 4 * m**2 * n + 8 * m * n**2 + 9 * n**3,
    "triangular_solve": lambda m, n: m * n**2,
}


def _arithmetic(equation: Any) -> float:
    name, out = equation.primitive.name, equation.outvars[0].aval
    shapes = [v.aval.shape for v in equation.invars]
    if name in FREE or not jnp.issubdtype(out.dtype, jnp.inexact):
        return 0.0
    times = 4.0 if jnp.issubdtype(out.dtype, jnp.complexfloating) else 1.0
    if name == "dot_general":
        (contracted, _), _ = equation.params["dimension_numbers"]
        return 2 * times * out.size * math.prod(shapes[0][axis] for axis in contracted)
    if name == "conv_general_dilated":
        features = shapes[1][equation.params["dimension_numbers"].rhs_spec[0]]
        return 2 * times * out.size * math.prod(shapes[1]) / features
    if name in FACTORIZATIONS:
        *batch, first, second = shapes[0]
        sides = max(first, second), min(first, second)
        if name == "triangular_solve":
            sides = math.prod(shapes[1]) // math.prod(batch) // first, first
        return times * math.prod(batch) * FACTORIZATIONS[name](*sides)
    if name.startswith("scatter"):  # adds its updates
        return times * math.prod(shapes[2])
    if name.startswith(("reduce_", "cum")):
        return times * math.prod(shapes[0])
    return times * out.size
