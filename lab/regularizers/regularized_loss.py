"""The training loss with regularizers: the only place where they act."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from lab.regularizers.regularizer import Facts, Regularizer
from lab.validation.checks import check_fields
from lab.validation.errors import require


@dataclass(frozen=True)
class Regularized:
    """`loss` on a changed batch, at changed weights, with penalties added.

    The key goes on to `loss` as it is, so that a regularizer changes no dropout mask; each
    regularizer has a key of its own, made of its name, so that its noise is the same whatever
    stands beside it.

    Attributes:
      loss: `(params, model_state, batch, key, hypers) -> (value, (model_state, info))`.
      regularizers: In this order; those of batches before those of weights.
      facts: About the data.

    Raises:
      InputError: If a regularizer is named twice, or the data is not fit for it.
    """

    loss: Callable[..., Any]
    regularizers: tuple[Regularizer, ...]
    facts: Facts

    def __post_init__(self):
        check_fields(self)
        names = [one.name for one in self.regularizers]
        require(len(set(names)) == len(names), f"regularizers must be distinct, given {names}.")
        for one in self.regularizers:
            missing = one.unfit(self.facts)
            require(not missing, f"regularizer {one.name!r} needs {missing}.")

    @property
    def strengths(self) -> dict[str, float]:
        """Every number with its default."""
        return {name: value for one in self.regularizers for name, value in one.strengths}

    def __call__(self, params, model_state, batch, key, hypers):
        """As `loss`; the info of `loss` is kept."""
        for one in self.regularizers:
            if one.batch is not None:
                batch = one.batch(_own(key, one), batch, _numbers(one, hypers), self.facts)
        at = params
        for one in self.regularizers:
            if one.weights is not None:
                at = one.weights(_own(key, one), at, _numbers(one, hypers))
        value, rest = self.loss(at, model_state, batch, key, hypers)
        for one in self.regularizers:
            if one.penalty is not None:
                extra = one.penalty(params, _numbers(one, hypers))
                value = value + jnp.asarray(extra, value.dtype)
        return value, rest


def _numbers(one: Regularizer, hypers: Any) -> dict[str, Any]:
    return {name: hypers[name] for name, _ in one.strengths}


def _own(key: Any, one: Regularizer) -> Any:
    return jax.random.fold_in(key, zlib.crc32(one.name.encode()))
