"""Optimizers as a sweep is given them, turned into rules with their numbers split from options."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lab.catalog import OptimizerEntry
from lab.optimizers import CATALOG
from lab.types import Rule
from lab.validation.errors import InputError, UnknownNameError, require
from lab.validation.kinds import is_real

Optimizers = Iterable[str] | Mapping[str, str | OptimizerEntry | Callable[..., Any]]


@dataclass(frozen=True)
class Choice:
    """One optimizer of a sweep: its factory, and what may be set on it.

    Attributes:
      label: The name in the record.
      factory: `(learning_rate, ...) -> optax.GradientTransformation`.
      numbers: Float parameters with their defaults: always traced.
      options: Every other parameter, static.
      rate: The default learning rate; `inspect.Parameter.empty` where one must be given.
      takes_rate: Whether there is a learning rate at all.
      entry: The catalogue's knowledge, where there is any.
    """

    label: str
    factory: Callable[..., Any]
    numbers: Mapping[str, float]
    options: Mapping[str, Any]
    rate: Any
    takes_rate: bool
    entry: OptimizerEntry | None

    @property
    def gradient_evaluations(self) -> float:
        """Gradients that an update takes: as the catalogue says, or as a factory of one's own does.

        That of the update itself, and one for every call of what a rule may ask besides; of one
        that asks in a loop the calls of one round.
        """
        if self.entry is not None:
            return self.entry.gradient_evaluations
        return 1.0 + _asked_for(self.rule({}, self.takes_rate), self.numbers)

    def rule(self, options: Mapping[str, Any], rated: bool) -> Rule:
        """The rule with these static options; `rated` says whether it is given a learning rate."""
        return Rule(
            factory=self.factory,
            options=tuple(sorted(options.items())),
            takes_rate=rated,
            takes_key="key" in self.options,
            eval_params=self.entry.eval_params if self.entry else None,
            gradients_used=self.entry.gradients_used if self.entry else None,
        )

    def is_number(self, name: str, value: Any) -> bool:
        """Whether `name=value` is traced: a float parameter, or an optional one given a float."""
        if name in self.numbers:
            require(
                is_real(value) and np.isfinite(value),
                f"{name}={value!r} of optimizer {self.label!r} must be a finite number.",
            )
            return True
        return self.options.get(name, 0) is None and isinstance(value, float)


def _asked_for(rule: Rule, numbers: Mapping[str, float]) -> int:
    """How often a rule asks for the loss or its gradient elsewhere, in one update of a matrix."""
    calls = 0

    def value_fn(params, *_):
        nonlocal calls
        calls += 1
        return jnp.sum(params["w"] ** 2)

    def grad_fn(params, *_):
        nonlocal calls
        calls += 1
        return params

    def update(params, key):
        opt = rule.build(jnp.ones(()), {k: jnp.asarray(v) for k, v in numbers.items()}, key)
        return opt.update(
            params, opt.init(params), params, value=jnp.ones(()), grad=params, value_fn=value_fn,
            obj_fn=value_fn, grad_fn=grad_fn,
        )  # fmt: skip

    with suppress(Exception):  # it needs more than a matrix: nothing is known of it
        jax.eval_shape(update, {"w": jnp.ones((2, 2))}, jax.random.key(0))
    return calls


def resolve(optimizers: Optimizers) -> dict[str, Choice]:
    """Look up names, wrap callables; the labels are the keys.

    Raises:
      InputError: If there is none, a name is unknown or repeated, or something is no factory.
    """
    if isinstance(optimizers, str):
        optimizers = [optimizers]
    if not isinstance(optimizers, Mapping):
        names = list(optimizers)
        require(
            len(names) == len(set(map(str, names))),
            f"optimizers must have distinct names, given {names}.",
        )
        require(
            all(isinstance(name, str) for name in names),
            "optimizers are catalogue names, or a dict from labels to factories; "
            f"given {[name for name in names if not isinstance(name, str)]!r} without a label.",
        )
        optimizers = {name: name for name in names}
    require(len(optimizers) > 0, "optimizers must name at least one, given none.")
    return {str(label): _choice(str(label), given) for label, given in optimizers.items()}


def _choice(label: str, given: Any) -> Choice:
    entry = CATALOG[given] if isinstance(given, str) else given
    factory = entry.by_hand if isinstance(entry, OptimizerEntry) else entry
    if not callable(factory):
        raise InputError(
            f"optimizer {label!r} must be a catalogue name or a factory such as optax.adam, "
            f"given {given!r}."
        )
    parameters = dict(inspect.signature(factory).parameters)
    rate = parameters.pop("learning_rate", None)
    named = {
        k: p.default
        for k, p in parameters.items()
        if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)
    }
    numbers = {k: v for k, v in named.items() if isinstance(v, float)}
    return Choice(
        label=label,
        factory=factory,
        numbers=numbers,
        options={k: v for k, v in named.items() if k not in numbers},
        rate=rate.default if rate is not None else None,
        takes_rate=rate is not None,
        entry=entry if isinstance(entry, OptimizerEntry) else None,
    )


def check_known(choices: Mapping[str, Choice], name: str, others: Iterable[str]) -> None:
    """Refuse a name that some optimizer, and nothing else, could have meant.

    Raises:
      UnknownNameError: If an optimizer lacks the parameter.
    """
    for choice in choices.values():
        known = [*choice.numbers, *(k for k in choice.options if k != "key")]
        if name not in known:
            raise UnknownNameError(f"axis (optimizer {choice.label!r})", name, [*known, *others])
