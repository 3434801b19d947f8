"""A program's pure functions, mapped over lanes and devices and compiled once.

Lane-leading arrays have shape [D·W, ...] for D devices of W lanes each; rows are shared.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.sharding import Mesh

from lab.sweeps.ahead import Ahead
from lab.sweeps.place import LANES, SHARED
from lab.tasks.task import Problem
from lab.training import make_train
from lab.types import Program, Rule, State

FEW = 2**16  # parameters of a lane


class Compiled(NamedTuple):
    """The functions of `Train`, over [D·W] lanes."""

    draw: Any
    start: Any
    advance: Ahead
    evaluate: Any
    predict: Any


@lru_cache(maxsize=512)
def compiled(program: Program, mesh: Mesh) -> Compiled:
    """Map and jit a program; equal programs on equal meshes share everything.

    Optimizers that evaluate alike share all but `start` and `advance`.
    """
    train = make_train(program)
    steps = _map(
        train.advance, mesh, (0, None, 0, 0, None, None),
        donate_argnums=0, compiler_options=_one_core_each(mesh),
    )  # fmt: skip
    draw, evaluate, predict = _without_rule(program.problem, program.rule.eval_params, mesh)
    return Compiled(draw, _map(train.start, mesh, (0, 0, 0)), Ahead(steps, mesh), evaluate, predict)


@lru_cache(maxsize=512)
def _without_rule(problem: Problem, eval_params, mesh: Mesh):
    train = make_train(Program(problem, Rule(_no_rule, eval_params=eval_params), batch_size=0))
    return (
        _drawing(train.draw, mesh),
        _map(train.evaluate, mesh, (0, None, 0, 0, 0), compiler_options=_one_core_each(mesh)),
        _map(train.predict, mesh, (0, None, 0, 0)),
    )


def _drawing(draw, mesh: Mesh):
    """Random numbers compile eight times as fast without optimization; many would repay it."""
    plain = _map(draw, mesh, (0, 0))
    hasty = _map(draw, mesh, (0, 0), compiler_options={"xla_backend_optimization_level": "0"})

    def drawn(keys, hypers):
        shapes = jax.tree.leaves(jax.eval_shape(plain, keys, hypers))
        few = sum(leaf.size for leaf in shapes) < FEW * len(keys)  # whatever stands beside a lane
        return (hasty if few and _on_cpu(mesh) else plain)(keys, hypers)

    return drawn


def _one_core_each(mesh: Mesh) -> dict[str, str] | None:
    # XLA would share the loops of large kernels among all cores, which are busy with a device each
    parallel = {"xla_disable_hlo_passes": "cpu-parallel-task-assigner"}
    return parallel if _on_cpu(mesh) and mesh.size > 1 else None


def _on_cpu(mesh: Mesh) -> bool:
    return mesh.devices.flat[0].platform == "cpu"


def _no_rule(**_: Any):
    raise AssertionError("an evaluation takes no step")


def _map(function, mesh: Mesh, axes: tuple[int | None, ...], **options):
    """Over the lanes of each device, and over devices; `None` marks what lanes share."""
    specs = tuple(SHARED if axis is None else LANES for axis in axes)
    mapped = jax.vmap(function, in_axes=axes)
    over_devices = jax.shard_map(
        mapped, mesh=mesh, in_specs=specs, out_specs=LANES, check_vma=False
    )
    return jax.jit(over_devices, **options)


def seen(program: Program, state: State) -> State:
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
