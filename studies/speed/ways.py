"""Training one network after the other, or many at a time, in JAX: without the lab, and with it."""

import time
from collections.abc import Callable
from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import optax

import lab
from studies.speed import peers
from studies.speed.cases import LANES, RATE, Case, batches, task

Runner = Callable[[], int]  # trains, and says how many run-steps it took


def python_loop(case: Case) -> Runner:
    """One network: a call of a jitted step for each batch."""
    start, step = _pieces(case)
    state, step = jax.jit(start)(jax.random.key(0)), jax.jit(step)
    updates = min(case.updates, peers.UPDATES)
    rows = batches(case, updates)

    def run() -> int:
        now = state
        for t in range(updates):
            now, _ = step(now, {name: values[t] for name, values in rows.items()})
        jax.block_until_ready(now)
        return updates

    return run


def one_scan(case: Case) -> Runner:
    """One network: one call for all batches."""
    start, step = _pieces(case)
    state = jax.jit(start)(jax.random.key(0))
    whole = jax.jit(lambda state, rows: jax.lax.scan(step, state, rows))
    rows = batches(case, case.updates)

    def run() -> int:
        jax.block_until_ready(whole(state, rows))
        return case.updates

    return run


def plain_vmap(case: Case) -> Runner:
    """All networks: that call, mapped."""
    start, step = _pieces(case)
    states = jax.jit(jax.vmap(start))(jax.random.split(jax.random.key(0), LANES))
    whole = jax.vmap(lambda state, rows: jax.lax.scan(step, state, rows), in_axes=(0, None))
    mapped, rows = jax.jit(whole), batches(case, case.updates)

    def run() -> int:
        jax.block_until_ready(mapped(states, rows))
        return case.updates * LANES

    return run


def lab_sweep(case: Case, lanes: int = LANES, updates: int | None = None) -> Runner:
    """All networks: a sweep over four learning rates and as many seeds as that leaves."""
    lab.use_all_cores()
    rates, budget = min(4, lanes), lab.Budget(updates=updates or case.updates)

    def run() -> int:
        record = lab.sweep(
            task(case), ["adam"], axes={"learning_rate": np.geomspace(RATE / 10, RATE, rates)},
            seeds=lanes // rates, budget=budget, batch_size=case.batch, evaluations=1,
            progress=False,
        )  # fmt: skip
        return record.attrs["lane_updates"]

    return run


def _pieces(case: Case):
    """First parameters, and a step, as one would write them."""
    problem, numbers = task(case).problem, task(case).hypers
    hypers = {name: jnp.float32(value) for name, value in numbers.items()}
    opt = optax.adam(RATE)

    def start(key):
        params = problem.init(key, hypers).params
        return params, opt.init(params)

    def step(state, batch):
        params, opt_state = state

        def loss(params):
            return problem.loss(params, {}, batch, None, hypers)[0]

        value, gradient = jax.value_and_grad(loss)(params)
        updates, opt_state = opt.update(gradient, opt_state, params)
        return (optax.apply_updates(params, updates), opt_state), value

    return start, step


WAYS: dict[str, Callable[[Case], Runner]] = {
    "Keras fit": peers.keras_fit,
    "PyTorch eager": peers.torch_loop,
    "torch.compile": partial(peers.torch_loop, compiled=True),
    "torch.func.vmap": peers.torch_vmap,
    "Python loop of jitted steps": python_loop,
    "one scan per run": one_scan,
    "plain vmap over runs": plain_vmap,
    "lab.sweep": lab_sweep,
}


@cache
def ready(way: str, case: Case) -> Runner:
    """What trains, after a first time that compiles."""
    runner = WAYS[way](case)
    runner()
    return runner


def rate(way: str, case: Case) -> float:
    """Run-steps per second."""
    runner = ready(way, case)
    begin = time.perf_counter()
    steps = runner()
    return steps / (time.perf_counter() - begin)
