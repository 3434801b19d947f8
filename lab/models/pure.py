"""Pure functions around any Linen module: parameters, model state and numbers go in and out.

`hypers` is a dictionary of numbers, possibly traced. `init` reads `init_scale`; `apply` hands
the module those that its `__call__` takes by name (`dropout_rate` of `MLP`), and no others.
Everything works under `jit`, `vmap` (over parameters, numbers and keys) and `scan`.
"""

import inspect
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import errors
from flax import linen as nn

from lab.validation.checks import checked
from lab.validation.errors import InputError, require, shown
from lab.validation.kinds import Inputs, Key, Named, Reals, Tree, is_scalar

NOTHING: Mapping[str, Any] = MappingProxyType({})


@checked
def init(
    model: nn.Module, key: Key, x: Inputs, hypers: Mapping[str, Reals] = NOTHING
) -> tuple[Any, dict[str, Any]]:
    """Draw parameters for inputs like x [B, ...]; kernels are multiplied by `init_scale`.

    Args:
      model: A Linen module.
      key: What the parameters are a function of.
      x: An example batch; only its shape and dtype matter.
      hypers: Numbers; `init_scale` (1.0) multiplies every leaf with two axes or more.

    Returns:
      `(params, model_state)`; the state is what the module keeps beside parameters (running
      averages), or {}.
    """
    factor = hypers.get("init_scale", 1.0)
    require(is_scalar(factor), f"init_scale must be a number, given {shown(factor)}.")
    with _fitting(x):
        variables = dict(model.init(key, x, **_accepted(model, hypers, train=False)))
    params = variables.pop("params", {})

    def scaled(leaf):
        return leaf * jnp.asarray(factor, leaf.dtype) if leaf.ndim >= 2 else leaf

    return jax.tree.map(scaled, params), variables


@checked
def apply(
    model: nn.Module,
    params: Named,
    model_state: Named,
    x: Inputs,
    *,
    train: bool,
    key: Key = None,
    hypers: Mapping[str, Reals] = NOTHING,
) -> tuple[Any, Any]:
    """Outputs for x, and the model's new state.

    In evaluation (`train=False`) nothing is random, running averages are used, and the state
    comes back as it was.

    Args:
      model: A Linen module.
      params: Its parameters.
      model_state: Its state, from `init` or the step before.
      x: A batch, [B, ...].
      train: Whether to drop units and to normalize by the batch; static.
      key: What is random in training, dropout for one, is a function of it.
      hypers: Numbers; those that the module's `__call__` takes are passed on.

    Raises:
      InputError: If something is random and there is no key.
    """
    variables = {"params": params, **model_state}
    numbers = _accepted(model, hypers, train=train)
    streams = {} if key is None else {"params": key}  # the stream that stands in for all others
    with _fitting(x, key):
        if not train:
            return model.apply(variables, x, **numbers), model_state
        outputs, state = model.apply(
            variables, x, rngs=streams, mutable=list(model_state), **numbers
        )
    return outputs, dict(state)


@checked
def hidden(
    model: nn.Module,
    params: Named,
    model_state: Named,
    x: Inputs,
    *,
    of: str = "output",
    train: bool = False,
    key: Key = None,
    hypers: Mapping[str, Reals] = NOTHING,
) -> dict[str, jax.Array]:
    """What each layer puts out, by name in order of depth: `{name: [B, W]}`.

    Any module that sows what is asked for into `intermediates` takes part; layers of `MLP` sow
    `preactivation` (what their activation is given), `activation` (what it makes of it) and
    `output` (what the next layer gets, after normalization, dropout and bridge).

    Args:
      model: A Linen module.
      params: Its parameters.
      model_state: Its state.
      x: A batch, [B, ...].
      of: What was sown.
      train: Whether to drop units and to normalize by the batch; static. The state stays.
      key: What is random in training.
      hypers: Numbers; those that the module's `__call__` takes are passed on.
    """
    variables = {"params": params, **model_state}
    numbers = _accepted(model, hypers, train=train)
    mutable = ["intermediates", *(model_state if train else ())]
    streams = {} if key is None else {"params": key}
    sown: Any
    with _fitting(x, key):
        _, sown = model.apply(variables, x, rngs=streams, mutable=mutable, **numbers)
    return {name: layer[of] for name, layer in sown.get("intermediates", {}).items() if of in layer}


@checked
def parameter_count(params: Tree) -> int:
    """How many numbers a tree of arrays (or of shapes) holds."""
    return sum(math.prod(np.shape(leaf)) for leaf in jax.tree.leaves(params))


@contextmanager
def _fitting(x: Any, key: Any = None) -> Iterator[None]:
    """Refuse what Flax finds not to go together, in a sentence."""
    leaves = jax.tree.leaves(x)
    require(
        len(leaves) > 0 and all(getattr(x, "ndim", 0) and 0 not in x.shape for x in leaves),
        f"x must be a batch [B, ...] with something in it, given {shown(x)}.",
    )
    try:
        yield
    except errors.InvalidRngError:
        if key is not None:
            raise
        raise InputError(
            "key must be given in training: something in the model is random."
        ) from None
    except (errors.FlaxError, TypeError) as error:
        reason = str(error).split(" (https://")[0]
        raise InputError(
            f"params, model_state and x must be those of the model: {shown(reason)}."
        ) from error


def _accepted(model: nn.Module, hypers: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Those of the words that the module's `__call__` takes by name, apart from its input."""
    parameters = list(inspect.signature(type(model).__call__).parameters.values())[2:]
    words = {**hypers, **more}
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return words
    return {p.name: words[p.name] for p in parameters if p.name in words}
