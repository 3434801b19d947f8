"""The vocabulary of training: what a lane reads, keeps and is made of.

Shapes: B batch size, C capacity of a call in updates, R rows of data, E evaluated rows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import numpy as np
import optax

from lab.tasks.task import Problem
from lab.validation.checks import check_fields
from lab.validation.kinds import Count

Array = jax.Array | np.ndarray  # on the device, or on its way there
RUNNING = -1  # `stopped_at` of a lane that has not stopped


def float_type() -> Any:
    """What numbers are on the host."""
    return np.float64 if jax.config.jax_enable_x64 else np.float32  # type: ignore[attr-defined]


class Hypers(NamedTuple):
    """Every number of a lane but the learning rate; scalars, always traced."""

    rule: dict[str, Any]  # of the optimizer: b1, weight_decay, ...
    task: dict[str, Any]  # of the task: dropout_rate, init_scale, ...


class Stream(NamedTuple):
    """What a lane reads during C updates: built outside from (seed, epoch) and the schedule."""

    order_CB: Array  # int32 [C·B]: row numbers, batch after batch
    rate_C: Array  # float [C]: learning rate of each update
    key: Array  # uint32 [2]: Threefry key data; folded with the number of the update


class State(NamedTuple):
    """A lane between two updates."""

    params: Any
    model_state: Any  # what the model keeps beside parameters: running averages, or {}
    opt_state: Any
    stopped_at: jax.Array  # int32 []: the update that was not taken any more, or RUNNING


class Snapshot(NamedTuple):
    """What a probe may look at: one update, seen from both sides."""

    params: Any  # before the update
    model_state: Any
    opt_state: Any
    gradient: Any
    update: Any  # what is added to the parameters
    batch: Any
    loss: jax.Array
    hypers: Hypers


@dataclass(frozen=True)
class Rule:
    """An optimizer as a program sees it: structure fixed, numbers given at each update.

    Attributes:
      factory: `(learning_rate=..., **numbers, **options) -> optax.GradientTransformation`.
      options: Static keyword arguments, as sorted pairs.
      takes_rate: Whether the factory has a `learning_rate`.
      takes_key: Whether the factory has a `key` (rules that draw noise).
      eval_params: Where to evaluate, `(opt_state, params) -> params`; None for the iterate.
      gradients_used: `opt_state -> number` of gradients the last update took; None where the
        price is fixed.
    """

    factory: Callable[..., optax.GradientTransformation]
    options: tuple[tuple[str, Any], ...] = ()
    takes_rate: bool = True
    takes_key: bool = False
    eval_params: Callable[[Any, Any], Any] | None = None
    gradients_used: Callable[[Any], Any] | None = None

    def build(self, rate, numbers, key) -> optax.GradientTransformationExtraArgs:
        """The transformation at these numbers; its state has the same structure at any other."""
        rate = {"learning_rate": rate} if self.takes_rate else {}
        key = {"key": key} if self.takes_key else {}
        transform = self.factory(**rate, **key, **numbers, **dict(self.options))
        return optax.with_extra_args_support(transform)


@dataclass(frozen=True)
class Probe:
    """What a training state is measured by, and how often.

    Attributes:
      measure: `Snapshot -> pytree of arrays`, a pure function.
      every: Period in updates; the first update is measured.

    Raises:
      InputError: If `measure` is no function, or `every` no whole number of at least 1.
    """

    measure: Callable[[Snapshot], Any]
    every: Count = 10

    def __post_init__(self):
        check_fields(self)


@dataclass(frozen=True)
class Program:
    """Everything static about a lane: lanes of equal programs share one compilation.

    Attributes:
      problem: What is minimized and measured.
      rule: The optimizer.
      batch_size: B.
      probe: What looks on, if anything does.
    """

    problem: Problem
    rule: Rule
    batch_size: int
    probe: Probe | None = None

    @property
    def probe_every(self) -> int:
        """Period of the probe; 1 without one."""
        return 1 if self.probe is None else self.probe.every
