"""The training loop: pure functions of (state, data, stream, hypers), for one lane.

`lab.sweeps` maps them over lanes; they can as well be jitted or vmapped by hand.
Shapes: B batch size, C capacity of a call in updates, R rows of data, E evaluated rows.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from lab.tasks.task import Initial, Problem
from lab.types import RUNNING, Hypers, Program, Snapshot, State, Stream
from lab.validation.checks import checked


class Train(NamedTuple):
    """The pure functions of a program, each for one lane."""

    draw: Callable[..., Initial]  # (key, hypers) -> parameters
    start: Callable[..., State]  # (initial, key, hypers) -> state
    advance: Callable[..., tuple[State, dict]]  # (state, rows, stream, hypers, first, count)
    evaluate: Callable[..., dict]  # (state, rows, index_E, mask_E, hypers) -> {metric: mean}
    predict: Callable[..., jax.Array]  # (state, rows, index_E, hypers) -> outputs [E, ...]


@checked
def make_train(program: Program) -> Train:
    """The training of one lane of `program`, as pure functions.

    - `draw(key, hypers)` draws the parameters, `start(initial, key, hypers)` makes them the first
      state; `key` is uint32 [2]. (Random numbers compile slowly, and do not depend on the rule.)
    - `advance(state, rows, stream, hypers, first, count)` takes `count` updates (traced), the
      first of which has the number `first`, from a stream that begins with the last multiple of C
      up to `first` and holds C updates; it returns the state with an Info: `loss` [C]
      per update (infinite once the lane has diverged, NaN where no update was taken), `gradients`
      [C] that each update took, if the rule's price is not fixed, and `probe`, if the program has
      one, in slots of `probe_every` updates.
    - `evaluate(state, rows, index, mask, hypers)` is the weighted mean of each metric over the
      rows `index` where `mask` is 1.
    - `predict(state, rows, index, hypers)` gives the model's outputs for those rows.

    A loss that is not finite stops its lane: parameters and model state stay what they were before
    that update. So does the optimizer's state where parameters are evaluated from it; elsewhere
    nobody reads it any more, and to keep it would cost a copy of it in every update.
    """
    problem, rule = program.problem, program.rule

    def draw(key, hypers: Hypers) -> Initial:
        initial = problem.init(_wrap(key), hypers.task)
        return initial if isinstance(initial, Initial) else Initial(initial, {})

    def start(initial: Initial, key, hypers: Hypers) -> State:
        params, model_state = initial
        dtype = number_dtype(params)
        opt = rule.build(jnp.ones((), dtype), _cast(hypers.rule, dtype), _wrap(key))
        return State(params, model_state, opt.init(params), jnp.int32(RUNNING))

    def evaluation_point(state: State):
        if rule.eval_params is None:
            return state.params
        return rule.eval_params(state.opt_state, state.params)

    def evaluate(state: State, rows, index_E, mask_E, hypers: Hypers) -> dict:
        return mean_metrics(
            problem, evaluation_point(state), state.model_state, rows, index_E, mask_E, hypers.task
        )

    def predict(state: State, rows, index_E, hypers: Hypers):
        batch = jax.tree.map(lambda leaf: leaf[index_E], rows)
        return problem.predict(evaluation_point(state), state.model_state, batch, hypers.task)

    return Train(draw, start, _advance_of(program), evaluate, predict)


def _update_of(program: Program) -> Callable[..., tuple[State, jax.Array, Snapshot]]:
    """One update: (state, number, rows, stream, hypers) -> (state, loss, snapshot)."""
    problem, rule = program.problem, program.rule

    @partial(jax.jit, inline=True)  # traced once for a probe's shapes and for the loop
    def step(state: State, batch, rate, key, hypers: Hypers, number):
        def objective(params):
            value, (model_state, _) = problem.loss(
                params, state.model_state, batch, key, hypers.task
            )
            return value, model_state

        def value_fn(params):
            return objective(params)[0]

        (loss, model_state), gradient = jax.value_and_grad(objective, has_aux=True)(state.params)
        dtype = number_dtype(state.params)
        opt = rule.build(rate.astype(dtype), _cast(hypers.rule, dtype), key)
        # Rules ignore what they have no use for, and what nobody uses is never computed.
        update, opt_state = opt.update(
            gradient, state.opt_state, state.params, value=loss, grad=gradient,
            value_fn=value_fn, obj_fn=value_fn, grad_fn=lambda p, _: jax.grad(value_fn)(p),
        )  # fmt: skip
        moved = State(
            optax.apply_updates(state.params, update), model_state, opt_state, state.stopped_at
        )
        running = state.stopped_at == RUNNING
        sound = running & jnp.isfinite(loss)
        kept = jax.tree.map(lambda new, old: jnp.where(sound, new, old), moved, state)
        if rule.eval_params is None:
            kept = kept._replace(opt_state=opt_state)
        stopped_at = jnp.where(running & ~sound, number, state.stopped_at)
        snapshot = Snapshot(
            state.params, state.model_state, state.opt_state, gradient, update, batch, loss, hypers
        )
        return kept._replace(stopped_at=stopped_at), jnp.where(sound, loss, jnp.inf), snapshot

    def take(state, number, rows, stream: Stream, hypers):
        at, size = number % stream.rate_C.shape[0], program.batch_size
        index_B = jax.lax.dynamic_slice_in_dim(stream.order_CB, at * size, size)
        batch = jax.tree.map(lambda leaf: leaf[index_B], rows)
        key = jax.random.fold_in(_wrap(stream.key), number)
        return step(state, batch, stream.rate_C[at], key, hypers, number)

    return take


def _advance_of(program: Program) -> Callable[..., tuple[State, dict]]:
    """The loop over updates, and what it notes of them: see `make_train`."""
    rule, probe, every = program.rule, program.probe, program.probe_every
    take = _update_of(program)

    def observe(snapshot: Snapshot):
        return None if probe is None else probe.measure(snapshot)

    def advance(state: State, rows, stream: Stream, hypers: Hypers, first, count):
        capacity = stream.rate_C.shape[0]
        info: dict[str, Any] = {"loss": jnp.full((capacity,), jnp.nan, stream.rate_C.dtype)}
        if rule.gradients_used is not None:
            info["gradients"] = jnp.zeros_like(info["loss"])
        if probe is not None:
            shapes = jax.eval_shape(
                lambda s: observe(take(s, first, rows, stream, hypers)[2]), state
            )
            slots = capacity // every + 1
            info["probe"] = jax.tree.map(
                lambda leaf: jnp.zeros((slots, *leaf.shape), leaf.dtype), shapes
            )
        first_slot = (first + every - 1) // every

        def body(t, carry):
            state, info = carry
            state, loss, snapshot = take(state, first + t, rows, stream, hypers)
            info = info | {"loss": info["loss"].at[t].set(loss.astype(info["loss"].dtype))}
            if rule.gradients_used is not None:
                used = jnp.where(
                    state.stopped_at == RUNNING, rule.gradients_used(state.opt_state), 0
                )
                info["gradients"] = info["gradients"].at[t].set(used.astype(loss.dtype))
            if probe is not None:
                # `first` and `t` are the same for all lanes, so under vmap this stays a branch.
                slot = (first + t) // every - first_slot
                info["probe"] = jax.lax.cond(
                    (first + t) % every == 0,
                    lambda seen: jax.tree.map(
                        lambda buffer, value: buffer.at[slot].set(value), seen, observe(snapshot)
                    ),
                    lambda seen: seen,
                    info["probe"],
                )
            return state, info

        return jax.lax.fori_loop(0, count, body, (state, info))

    return advance


def first_state(train: Train, key, hypers: Hypers) -> State:
    """A lane before its first update."""
    return train.start(train.draw(key, hypers), key, hypers)


def mean_metrics(problem: Problem, params, model_state, rows, index_E, mask_E, numbers) -> dict:
    """Weighted means of the problem's metrics over some rows, `SLICE` rows at a time."""
    slices = -(-index_E.shape[0] // SLICE)
    pad = slices * SLICE - index_E.shape[0] if slices > 1 else 0
    parts = [
        jnp.pad(part, (0, pad)).reshape(slices, -1) for part in (index_E, mask_E)
    ]  # [slices, rows of a slice] each; padding has mask 0

    def sums(part):
        index, mask = part
        batch = jax.tree.map(lambda leaf: leaf[index], rows)
        values = problem.metrics(params, model_state, batch, numbers)
        weight = mask * batch["weight"] if "weight" in batch else mask
        # a row outside the mask may hold anything, and 0 · inf would be NaN
        total = {k: jnp.sum(jnp.where(weight > 0, weight * v, 0)) for k, v in values.items()}
        return total, jnp.sum(weight)

    total, weight = jax.tree.map(lambda a: jnp.sum(a, 0), jax.lax.map(sums, tuple(parts)))
    return {name: value / weight for name, value in total.items()}


SLICE = 1024  # rows evaluated at once: bounds the memory of an evaluation


def number_dtype(params) -> Any:
    """The dtype of a program's numbers: that of the parameters, float32 at least."""
    floats = [x for x in jax.tree.leaves(params) if jnp.issubdtype(x.dtype, jnp.inexact)]
    dtypes = [jnp.finfo(x.dtype).dtype for x in floats]
    return jnp.promote_types(jnp.result_type(*dtypes), jnp.float32) if dtypes else jnp.float32


def _cast(numbers, dtype):
    return {name: jnp.asarray(value, dtype) for name, value in numbers.items()}


def _wrap(key_data):
    return jax.random.wrap_key_data(key_data, impl="threefry2x32")
