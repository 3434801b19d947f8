"""What is trained: a problem (pure functions) on data (splits drawn from a seed)."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple, Protocol

import jax

from lab.validation.checks import check_fields
from lab.validation.errors import InputError, require

_WORDS = ("params", "model_state", "batch", "key", "hypers")


class Initial(NamedTuple):
    """What `init` returns where the model keeps a state beside its parameters."""

    params: Any
    model_state: Any


@dataclass(frozen=True)
class Problem:
    """The static part of a task. Equal problems share compilations, so functions compare by value.

    Attributes:
      init: `(key, hypers) -> params`, or `Initial(params, model_state)`.
      loss: `(params, model_state, batch, key, hypers) -> (value, (model_state, info))`.
      metrics: `(params, model_state, batch, hypers) -> {name: [B]}`, one value per example, in
        inference mode; `loss` among them.
      predict: `(params, model_state, batch, hypers) -> [B, ...]`, the model's outputs.
    """

    init: Callable[..., Any]
    loss: Callable[..., Any]
    metrics: Callable[..., dict[str, jax.Array]]
    predict: Callable[..., jax.Array]

    def __post_init__(self):
        check_fields(self)


class Splits(Protocol):
    """Rows and the row numbers of one split; `lab.data.Prepared` is one."""

    @property
    def rows(self) -> Mapping[str, Any]:
        """Arrays with leading axis R, `weight` [R] among them where rows are weighted."""
        ...

    @property
    def train(self) -> Any:
        """int32 [N]: rows that are trained on."""
        ...

    @property
    def validation(self) -> Any:
        """int32 [M]: rows that select."""
        ...


class Source(Protocol):
    """Data that can be split; `lab.data.Source` is one."""

    @property
    def name(self) -> str:
        """What the data is called in tables."""
        ...

    @property
    def sha256(self) -> str:
        """A hash of the contents."""
        ...

    def prepare(self, split_seed: int) -> Splits:
        """The split that `split_seed` stands for, scaled by its own training rows."""
        ...


@dataclass(frozen=True, eq=False)
class Task:
    """Data, model, loss and metrics: what a sweep trains.

    A task of your own needs `init` and `loss`; `lab.tasks.own` makes one from plain arrays.

    Attributes:
      name: What it is called in tables and figures.
      problem: The pure functions.
      source: The data.
      hypers: Numbers of the task with their defaults, each of which may be an axis.
      higher_is_better: Metrics to be maximized; the others are minimized.
      kind: `"classification"`, `"regression"` or `"objective"`.
      options: Static choices behind the problem (widths, activation, ...).
      variant: `(**options) -> Task`: the task with other choices; None where there are none.
      unpadded: Where nets of different shapes are lanes of one program: `(numbers) -> Task`, the
        task with the net of these numbers alone, for rules that are not safe to pad.
    """

    name: str
    problem: Problem
    source: Source
    hypers: Mapping[str, float] = field(default_factory=dict)
    higher_is_better: frozenset[str] = frozenset({"accuracy"})
    kind: Literal["classification", "regression", "objective"] = "objective"
    options: Mapping[str, Any] = field(default_factory=dict)
    variant: Callable[..., "Task"] | None = None
    unpadded: Callable[[Mapping[str, float]], "Task"] | None = None

    def __post_init__(self):
        check_fields(self)

    def with_hypers(self, **numbers: float) -> "Task":
        """The task with other default numbers."""
        unknown = set(numbers) - set(self.hypers)
        require(not unknown, f"task {self.name!r} has no hyper-parameter {sorted(unknown)}.")
        return replace(self, hypers={**self.hypers, **numbers})


def adapt(function: Callable[..., Any], what: str, positional: tuple[str, ...]) -> Callable:
    """A function of any subset of params, model_state, batch, key, hypers, as one of all five.

    Arguments are matched by name; where the names are others, `positional` says what the first
    ones are.

    Raises:
      InputError: If neither names nor count of the arguments say how to call it.
    """
    require(callable(function), f"{what} must be a function, given {function!r}.")
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # some built-ins have no signature
        return ByName(function, positional, by_keyword=False)
    needed = [p.name for p in parameters if p.default is p.empty and p.kind not in (2, 4)]
    if all(name in _WORDS for name in needed):
        optional = [p.name for p in parameters if p.name in _WORDS and p.name not in needed]
        return ByName(function, tuple(needed + optional), by_keyword=True)
    if len(needed) == len(positional):
        return ByName(function, positional, by_keyword=False)
    raise InputError(
        f"{what} takes arguments named out of {', '.join(_WORDS)}, or ({', '.join(positional)}) "
        f"under any names; given ({', '.join(needed)})."
    )


@dataclass(frozen=True)
class ByName:
    """Calls `function` with those of the five words that it takes."""

    function: Callable[..., Any]
    takes: tuple[str, ...]
    by_keyword: bool

    def __call__(self, **words):
        """Call with all five words given by keyword."""
        if self.by_keyword:
            return self.function(**{name: words[name] for name in self.takes})
        return self.function(*(words[name] for name in self.takes))
