"""The boundary between a rule and who uses it: `@gradient_transformation` on every public factory.

Inside an update, arrays are of JAX, of 32 bits at least and strongly typed, whatever was given:
16-bit floats, whose ε of 1e-8 would be 0 and whose squares overflow, NumPy's arrays, Python's
numbers. `init` sees the dtypes that were given, for means that may be of 16 bits. Outside,
updates have the dtypes of the gradients, and no array is in a state twice, or there and among the
parameters: so that both may be donated.
"""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.core import Tracer

from lab.optimizers.common.numbers import wide_dtype
from lab.validation.annotations import kinds_of
from lab.validation.checks import checked
from lab.validation.signature import DeclaringSignature

Factory = TypeVar("Factory", bound=Callable[..., optax.GradientTransformation])


class Rule(optax.GradientTransformationExtraArgs):
    """A transformation that knows how it was made: it prints so, and pickles by making it again."""

    recipe: functools.partial | None = None

    def __repr__(self) -> str:
        if self.recipe is None:
            return f"{getattr(self.init, '__qualname__', '?').split('.')[0]}(...)"
        given = [*map(repr, self.recipe.args)]
        given += [f"{name}={value!r}" for name, value in self.recipe.keywords.items()]
        return f"{self.recipe.func.__name__}({', '.join(given)})"

    def __reduce__(self) -> Any:
        return super().__reduce__() if self.recipe is None else (self.recipe, ())


def gradient_transformation(factory: Factory) -> Factory:
    """A factory whose arguments are checked, and whose rule stands behind the boundary.

    Its signature declares which arguments are structure, not numbers, to
    `optax.inject_hyperparams`. The rule takes extra arguments, and may ignore them.
    """
    make = checked(factory)

    @functools.wraps(factory)
    def made(*args, **kwargs):
        rule = behind_boundary(make(*args, **kwargs))
        rule.recipe = functools.partial(made, *args, **kwargs)
        return rule

    signature, kinds = kinds_of(factory)
    made.is_checked = True  # type: ignore[attr-defined]
    made.__signature__ = DeclaringSignature.of(signature, kinds)  # type: ignore[attr-defined]
    return made  # type: ignore[return-value]


def behind_boundary(rule: optax.GradientTransformation) -> Rule:
    """The rule behind the boundary."""
    inner = optax.with_extra_args_support(rule)

    def init(params):
        given = _arrays(params)
        return _own(inner.init(given), params, given)

    def update(updates, state, params=None, **extra):
        wide = None if params is None else widened(params)
        extra = _in_given_dtypes(extra, params, wide) if extra else extra
        steps, state = inner.update(widened(updates), state, wide, **extra)
        reference = updates if params is None else jax.tree.map(_wider, updates, params)
        if any(isinstance(x, Tracer) for x in jax.tree.leaves(state)):
            return narrowed(steps, reference), state  # compiled: results have arrays of their own
        return narrowed(steps, reference), _own(state, params, updates)

    return Rule(init, update)


def wrapped(rule: optax.GradientTransformation) -> optax.GradientTransformationExtraArgs:
    """A rule inside of another: its state begins wide, as the updates are that it is to see."""
    inner = optax.with_extra_args_support(rule)
    return optax.GradientTransformationExtraArgs(
        lambda params: inner.init(widened(params)), inner.update
    )


def widened(tree: Any) -> Any:
    """Every leaf as an array, floats of 32 bits at least."""
    return _arrays(tree, wide_dtype)


def _arrays(tree: Any, dtype: Callable[[Any], Any] = jnp.result_type) -> Any:
    """Every leaf as a strongly typed array of that dtype."""

    def leaf(x):
        if isinstance(x, jax.ShapeDtypeStruct) or jnp.result_type(x) == jax.dtypes.float0:
            return x
        return jnp.asarray(x, dtype(x))

    return jax.tree.map(leaf, tree)


def narrowed(tree: Any, reference: Any) -> Any:
    """Every leaf in the dtype of that of `reference`."""
    return jax.tree.map(lambda x, r: x.astype(jnp.result_type(r)), tree, reference)


def _wider(g: Any, p: Any) -> Any:
    """What has the wider dtype: updates of wide parameters are not to be rounded to gradients'."""
    dtypes = jnp.result_type(g), jnp.result_type(p)
    wider = np.promote_types(*dtypes) == dtypes[1] and jnp.issubdtype(dtypes[1], jnp.inexact)
    return jax.ShapeDtypeStruct(jnp.shape(g), dtypes[1] if wider else dtypes[0])


def _own(state: Any, *others: Any) -> Any:
    """The state, its arrays copied where they are among `others` or there twice."""
    seen = {id(leaf) for leaf in jax.tree.leaves(others)}

    def leaf(x):
        if id(x) in seen and isinstance(x, jax.Array):
            x = jnp.array(x, copy=True)
        seen.add(id(x))
        return x

    return jax.tree.map(leaf, state)


def _in_given_dtypes(extra: dict[str, Any], params: Any, wide: Any) -> dict[str, Any]:
    """Extra arguments such that losses and gradients are of parameters in their own dtypes."""
    leaves = jax.tree.leaves(params)
    if all(w is g for w, g in zip(jax.tree.leaves(wide), leaves, strict=True)):
        return extra

    def of_given(function):
        @functools.wraps(function)
        def called(wide, *args, **kwargs):
            return function(narrowed(wide, params), *args, **kwargs)

        return called

    functions = {"value_fn", "obj_fn", "grad_fn"}
    extra = {k: of_given(f) if k in functions and callable(f) else f for k, f in extra.items()}
    return extra | ({"grad": widened(extra["grad"])} if "grad" in extra else {})
