"""Paths of an optimizer over a landscape: many starts and rates as one compiled program.

Shapes: L settings (a learning rate each), N starts, T updates, D coordinates.
"""

import functools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.sharding import NamedSharding, PartitionSpec

from lab.catalog import OptimizerEntry
from lab.sweeps.devices.places import lane_mesh
from lab.sweeps.planning.rules import resolve
from lab.types import Rule
from lab.validation.errors import require

Value = Callable[[Any], jax.Array]  # w [D] -> f []
Optimizer = str | OptimizerEntry | Callable[..., optax.GradientTransformation]
LANES = PartitionSpec("lanes")
WIDTH = 4096  # lanes that one inner vmap holds: a few arrays of this length stay in cache


class Arrivals(NamedTuple):
    """Where lanes ended."""

    points: np.ndarray  # [L, N, D]; not finite where the lane diverged
    settled: np.ndarray  # int32 [L, N]: update after which the gradient stayed below `tolerance`


def trajectories(
    value: Value,
    optimizer: Optimizer,
    starts: Any,
    rates: Any,
    steps: int,
    *,
    numbers: Mapping[str, Any] | None = None,
    noise: Any = 0.0,
    seed: int = 0,
) -> np.ndarray:
    """Follow `optimizer` from every start at every rate.

    Args:
      value: The landscape, w [D] → f; `lab.tasks.LANDSCAPES` has some.
      optimizer: A name out of `lab.optimizers.CATALOG`, an entry, or a factory
        `(learning_rate, ...) -> optax.GradientTransformation` whose numbers may be traced.
      starts: [N, D].
      rates: [L] learning rates.
      steps: T.
      numbers: Further numbers of the optimizer, such as `momentum`, each [L] or one for all.
      noise: Standard deviation of normal noise added to each gradient coordinate; [D] or one.
      seed: Of that noise; independent between lanes and updates.

    Returns:
      Points [L, N, T + 1, D], the start first: where the rule would be evaluated. A lane that
      diverged is not finite from then on.

    Raises:
      InputError: If shapes or numbers cannot be used, or the rule needs more than a gradient.

    >>> import numpy as np
    >>> trajectories(lambda w: w[0] ** 2, "sgd", [[1.0]], [0.25], steps=2)[0, 0, :, 0]
    array([1.  , 0.5 , 0.25], dtype=float32)
    """
    points, _, shape = _run(value, optimizer, starts, rates, steps, numbers, noise, seed, 0.0, True)
    return points.reshape(*shape, steps + 1, -1)


def arrivals(
    value: Value,
    optimizer: Optimizer,
    starts: Any,
    rates: Any,
    steps: int,
    *,
    numbers: Mapping[str, Any] | None = None,
    tolerance: float = 1e-3,
) -> Arrivals:
    """Where `trajectories` end, without storing the way: for basins of attraction."""
    points, settled, shape = _run(
        value, optimizer, starts, rates, steps, numbers, 0.0, 0, tolerance, False
    )
    return Arrivals(points.reshape(*shape, -1), settled.reshape(shape))


def _run(value, optimizer, starts, rates, steps, numbers, noise, seed, tolerance, store: bool):
    starts, rates = np.asarray(starts, float), np.atleast_1d(np.asarray(rates, float))
    require(
        starts.ndim == 2 and starts.size > 0 and bool(np.isfinite(starts).all()),
        f"starts must be finite numbers of shape [N, D], given shape {starts.shape}.",
    )
    require(
        rates.ndim == 1 and rates.size > 0 and bool((rates > 0).all()),
        f"rates must be a list of positive learning rates, given {rates!r}.",
    )
    require(
        isinstance(steps, int) and steps >= 1,
        f"steps must be a whole number of at least 1, given {steps!r}.",
    )
    rule, settings = _rule(optimizer, numbers or {}, len(rates))
    settings = {"learning_rate": rates, **settings}
    lanes, mesh = len(rates) * len(starts), lane_mesh()
    width = min(WIDTH, -(-lanes // mesh.size))
    blocks = -(-lanes // (width * mesh.size))
    order = np.arange(blocks * width * mesh.size) % lanes  # padded with lanes computed twice

    def laid_out(lane_array):
        blocked = lane_array[order].reshape(mesh.size * blocks, width, -1)
        return jax.device_put(blocked, NamedSharding(mesh, LANES))

    dtype = np.dtype(jnp.result_type(float))
    first = laid_out(np.tile(starts, (len(rates), 1)).astype(dtype))
    settings = {
        name: laid_out(np.repeat(v, len(starts)).astype(dtype))[..., 0]
        for name, v in settings.items()
    }
    number = laid_out(np.arange(lanes, dtype=np.uint32))[..., 0]
    program = _compiled(value, rule, steps, store, mesh)
    noise = jnp.broadcast_to(jnp.asarray(noise, dtype), starts.shape[1:])
    out = program(first, settings, number, noise, jnp.uint32(seed), jnp.asarray(tolerance, dtype))
    points, settled = (np.asarray(x).reshape(len(order), -1)[:lanes] for x in out)
    return points, settled[:, 0], (len(rates), len(starts))


def _rule(optimizer: Optimizer, numbers: Mapping[str, Any], count: int) -> tuple[Rule, dict]:
    """The rule, and its numbers as [L] arrays."""
    (choice,) = resolve({"optimizer": optimizer}).values()
    needs = choice.entry.needs if choice.entry else frozenset()
    require(
        not needs,
        f"a landscape gives an optimizer nothing but gradients, but {optimizer!r} needs "
        f"{', '.join(sorted(needs))}.",
    )
    unknown = sorted(set(numbers) - set(choice.numbers))
    require(
        not unknown,
        f"numbers {unknown} are none of the optimizer's: {', '.join(sorted(choice.numbers))}.",
    )
    given = {name: np.asarray(v, float) for name, v in {**choice.numbers, **numbers}.items()}
    for name, v in given.items():
        require(
            v.shape in ((), (count,)),
            f"numbers[{name!r}] must be one number or one per rate ({count}), given {v.shape}.",
        )
    rule = choice.rule(choice.options, rated=choice.rate is not None)
    return rule, {name: np.broadcast_to(v, (count,)) for name, v in given.items()}


@functools.lru_cache(maxsize=128)
def _compiled(value: Value, rule: Rule, steps: int, store: bool, mesh):
    """`(first [P, W, D], settings {[P, W]}, lane numbers [P, W], ...) -> points, settled`."""

    def lane(w, settings, number, noise, seed, tolerance):
        numbers = {name: v for name, v in settings.items() if name != "learning_rate"}
        key = jax.random.fold_in(jax.random.key(seed), number)
        transform = rule.build(settings["learning_rate"], numbers, key)

        def step(carry, t):
            w, state, settled = carry
            gradient: Any = jax.grad(value)(w)
            steep = jnp.sum(gradient**2) > tolerance**2
            if store:  # noise belongs to paths only
                draw = jax.random.normal(jax.random.fold_in(key, t), w.shape, w.dtype)
                gradient = gradient + noise * draw
            update: Any
            update, state = transform.update(gradient, state, w)
            w = w + update
            seen = rule.eval_params(state, w) if rule.eval_params else w
            carry = (w, state, jnp.where(steep, t + 1, settled))
            return carry, seen if store else ()

        carry = (w, transform.init(w), jnp.int32(0))
        (last, state, settled), path = jax.lax.scan(step, carry, jnp.arange(steps, dtype=jnp.int32))
        if store:
            return jnp.concatenate([w[None], jnp.asarray(path)]), settled
        return rule.eval_params(state, last) if rule.eval_params else last, settled

    def device(first, settings, number, noise, seed, tolerance):
        def block(lanes):
            one = functools.partial(lane, noise=noise, seed=seed, tolerance=tolerance)
            return jax.vmap(one)(*lanes)

        return jax.lax.map(block, (first, settings, number))

    shared = PartitionSpec()
    over_devices = jax.shard_map(
        device,
        mesh=mesh,
        in_specs=(LANES, LANES, LANES, shared, shared, shared),
        out_specs=LANES,
        check_vma=False,
    )
    return jax.jit(over_devices)
