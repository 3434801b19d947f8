"""Batch size 1 against full batch as a published notebook did it, and as it should be done."""

from collections.abc import Sequence
from functools import lru_cache

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

import lab
from lab import optimizers
from lab.data.streams import generator, init_key, order
from lab.tasks import Problem, Task

ROWS, VALIDATION, EPOCHS = 400, 80, 15
DEFAULT_RATE = 1e-3  # of Keras's RMSprop, with its decay 0.9 and ε 1e-7
RATES = np.geomspace(1e-4, 0.3, 12)


def unfair(tune: Sequence[int], report: Sequence[int], epochs: int = EPOCHS) -> xr.Dataset:
    """Validation loss after every epoch (or as many points) of each way to compare.

    400 rows of two moons, scaled once for all, of which every seed draws 80 for validation;
    2-10-10-2 ReLU, softmax cross-entropy (binary cross-entropy on the difference of the two
    outputs), RMSprop.
    """
    task = lab.tasks.supervised(
        lab.data.source(lab.data.load("moons", n=ROWS, noise=0.25)), widths=(10, 10)
    )
    full, single = ROWS - VALIDATION, 1
    many = epochs * full
    # (batch size, updates, updates between measurements)
    plans = {
        "batch 1": (single, many, full),
        "full batch, equal epochs": (full, epochs, 1),
        "full batch, equal updates": (full, many, full),
    }
    tuned = ("batch 1", "full batch, equal epochs")
    curves: dict[str, np.ndarray] = {}
    best: dict[str, float] = {}
    begin, ends = _begin(task, report), {}
    for name, plan in plans.items():
        curves[name], ends[name] = _train(task, begin, report, *plan, DEFAULT_RATE)
    for name in tuned:
        start = _begin(task, tune)
        tried = [_train(task, start, tune, *plans[name], rate)[0][:, -1] for rate in RATES]
        mean = np.nan_to_num(np.mean(tried, axis=1), nan=np.inf)
        best[name] = float(RATES[int(mean.argmin())])
        curves[f"{name}, tuned"], _ = _train(task, begin, report, *plans[name], best[name])
    curves["full batch, continuing"], _ = _train(
        task, ends["batch 1"], report, full, epochs, 1, DEFAULT_RATE
    )
    loss = np.stack(list(curves.values()))
    return xr.Dataset(
        {
            "loss": (("arm", "seed", "point"), loss),
            "rate": (("plan",), np.array([best[name] for name in tuned])),
            "edge": (("plan",), np.isin([best[name] for name in tuned], RATES[[0, -1]])),
        },
        {"arm": list(curves), "seed": list(report), "plan": list(tuned)},
        {"epochs": epochs, "trials": len(RATES), "tuning_seeds": len(tune)},
    )


def _begin(task: Task, seeds: Sequence[int]):
    keys = jnp.stack([init_key(seed) for seed in seeds])

    def start(key):
        initial = task.problem.init(key, task.hypers)
        rule = optimizers.rmsprop(DEFAULT_RATE, decay=0.9, eps=1e-7)
        return initial.params, rule.init(initial.params)

    return jax.vmap(start)(keys)


def _train(task: Task, state, seeds, size: int, updates: int, every: int, rate: float):
    """Loss on the validation rows before training and every few updates; and the last state."""
    rows = {k: jnp.asarray(v) for k, v in task.source.prepare(0).rows.items()}
    mixed = np.stack([generator(seed, "split").permutation(ROWS) for seed in seeds])
    held, train = mixed[:, :VALIDATION], mixed[:, VALIDATION:]
    read = np.stack([t[order(s, len(t), 0, updates * size)] for t, s in zip(train, seeds)])
    batches = read.reshape(len(seeds), updates // every, every, size)
    losses, state = _compiled(task.problem)(rows, state, held, batches, np.float32(rate))
    return np.asarray(losses), state


@lru_cache(maxsize=4)
def _compiled(problem: Problem):
    return jax.jit(jax.vmap(lambda *a: _lane(problem, *a), in_axes=(None, 0, 0, 0, None)))


def _lane(problem: Problem, rows, state, held, batches, rate):
    rule = optimizers.rmsprop(rate, decay=0.9, eps=1e-7)

    def picked(index):
        return jax.tree.map(lambda leaf: leaf[index], rows)

    def update(state, index):
        params, opt_state = state
        gradient = jax.grad(lambda p: problem.loss(p, {}, picked(index), None, {})[0])(params)
        change, opt_state = rule.update(gradient, opt_state, params)
        return (jax.tree.map(jnp.add, params, change), opt_state), None

    def measured(state):
        return problem.metrics(state[0], {}, picked(held), {})["loss"].mean()

    def stretch(state, indices):
        state, _ = jax.lax.scan(update, state, indices)
        return state, measured(state)

    before = measured(state)
    state, after = jax.lax.scan(stretch, state, batches)
    return jnp.concatenate([before[None], after]), state
