"""A program's pure functions, mapped over lanes and compiled once.

Lane-leading arrays have shape [W, ...]; rows are shared. Every function takes its place first.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.sharding import Mesh

from lab.sweeps.compilation.executable import Executable
from lab.tasks.task import Problem
from lab.training import make_train
from lab.types import Program, Rule, State


class Compiled(NamedTuple):
    """The functions of `Train`, over [W] lanes; a place is their first argument."""

    draw: Executable
    start: Executable
    advance: Executable
    evaluate: Executable
    predict: Executable


@lru_cache(maxsize=512)
def compiled(program: Program, mesh: Mesh) -> Compiled:
    """Map and jit a program; equal programs on equal meshes share everything.

    Optimizers that evaluate alike share all but `start` and `advance`.
    """
    train = make_train(program)
    start = _map(train.start, mesh, (0, 0, 0))
    advance = _map(train.advance, mesh, (0, None, 0, 0, None, None), donate_argnums=0)
    draw, evaluate, predict = _without_rule(program.problem, program.rule.eval_params, mesh)
    return Compiled(draw, start, advance, evaluate, predict)


@lru_cache(maxsize=512)
def _without_rule(problem: Problem, eval_params, mesh: Mesh):
    train = make_train(Program(problem, Rule(_no_rule, eval_params=eval_params), batch_size=0))
    return (
        _map(train.draw, mesh, (0, 0)),
        _map(train.evaluate, mesh, (0, None, 0, 0, 0)),
        _map(train.predict, mesh, (0, None, 0, 0)),
    )


def _no_rule(**_: Any):
    raise AssertionError("an evaluation takes no step")


def _map(function, mesh: Mesh, axes: tuple[int | None, ...], donate_argnums=()) -> Executable:
    """Over the lanes of a device; `None` marks what lanes share."""
    jitted = jax.jit(jax.vmap(function, in_axes=axes), donate_argnums=donate_argnums)
    return Executable(jitted, mesh, [i for i, axis in enumerate(axes) if axis is None])


def evaluated_part(program: Program, state: State) -> State:
    """The part of a state that an evaluation reads: the optimizer's own only where it must."""
    return state if program.rule.eval_params else state._replace(opt_state=())


@lru_cache(maxsize=64)
def compiled_schedule(over, capacity: int):
    """`(peak [L], steps, first) -> [L, capacity]`: learning rates of consecutive updates."""

    def rates(peak, steps, first):
        schedule = over(peak, steps)
        number = first + jnp.arange(capacity, dtype=jnp.int32)
        return jnp.broadcast_to(jax.vmap(schedule)(number), (capacity,))

    return jax.jit(jax.vmap(rates, in_axes=(0, None, None)))
