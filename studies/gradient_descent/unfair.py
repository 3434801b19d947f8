"""Batch size 1 against full batch as a published notebook did it, and as it should be done."""

from collections.abc import Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

import lab
from lab import optimizers
from lab.data.streams import generator, init_key, order
from lab.tasks import Problem
from studies.gradient_descent.settings import GradientDescent


def unfair(s: GradientDescent, tune: Sequence[int], report: Sequence[int]) -> xr.Dataset:
    """Validation loss after every epoch (or as many points) of each way to compare.

    Rows of two moons, scaled once for all, of which every seed draws some for validation; two ReLU
    layers, softmax cross-entropy (binary cross-entropy on the difference of the two outputs).
    """
    moons = lab.data.load("moons", n=s.moons, noise=s.noise, seed=s.split)
    task = lab.tasks.supervised(lab.data.source(moons), widths=(s.width, s.width))
    rows = {k: jnp.asarray(v) for k, v in task.source.prepare(s.split).rows.items()}
    rule = partial(optimizers.rmsprop, decay=s.decay, eps=s.epsilon)
    lane = partial(_lane, task.problem, rule)
    train = jax.jit(jax.vmap(lane, in_axes=(None, 0, 0, 0, None)))

    @jax.vmap
    def start(key):
        params = task.problem.init(key, task.hypers).params
        return params, rule(s.rate).init(params)

    def run(state, seeds, plan: tuple[int, int, int], rate: float):
        """Loss on the validation rows before training and every few updates; the last state."""
        size, updates, every = plan
        mixed = np.stack([generator(seed, "split").permutation(s.moons) for seed in seeds])
        held, rest = mixed[:, : s.validation], mixed[:, s.validation :]
        read = np.stack([t[order(n, len(t), 0, updates * size)] for t, n in zip(rest, seeds)])
        batches = read.reshape(len(seeds), updates // every, every, size)
        losses, state = train(rows, state, held, batches, np.float32(rate))
        return np.where(np.isfinite(losses), losses, np.inf), state

    full = s.moons - s.validation
    many = s.epochs * full
    # batch size, updates, updates between measurements
    plans = {
        "batch 1": (1, many, full),
        "full batch, equal epochs": (full, s.epochs, 1),
        "full batch, equal updates": (full, many, full),
    }
    begin, trial = (start(jnp.stack([init_key(n) for n in seeds])) for seeds in (report, tune))
    curves, ends = {}, {}
    for name, plan in plans.items():
        curves[name], ends[name] = run(begin, report, plan, s.rate)
    best = {}
    rates = np.geomspace(s.unfair_slowest, s.unfair_fastest, s.unfair_rates)
    for name in ("batch 1", "full batch, equal epochs"):
        tried = [run(trial, tune, plans[name], rate)[0][:, -1] for rate in rates]
        best[name] = float(rates[np.mean(tried, axis=1).argmin()])
        curves[f"{name}, tuned"], _ = run(begin, report, plans[name], best[name])
    curves["full batch, continuing"], _ = run(
        ends["batch 1"], report, plans["full batch, equal epochs"], s.rate
    )
    return xr.Dataset(
        {
            "loss": (("arm", "seed", "point"), np.stack(list(curves.values()))),
            "rate": ("plan", list(best.values())),
        },
        {"arm": list(curves), "seed": list(report), "plan": list(best)},
    )


def _lane(problem: Problem, rule, rows, state, held, batches, rate):
    """One seed at one rate."""

    def picked(index):
        return jax.tree.map(lambda leaf: leaf[index], rows)

    def update(state, index):
        params, opt_state = state
        gradient = jax.grad(lambda p: problem.loss(p, {}, picked(index), None, {})[0])(params)
        change, opt_state = rule(rate).update(gradient, opt_state, params)
        return (jax.tree.map(jnp.add, params, change), opt_state), None

    def measured(state):
        return problem.metrics(state[0], {}, picked(held), {})["loss"].mean()

    def stretch(state, indices):
        state, _ = jax.lax.scan(update, state, indices)
        return state, measured(state)

    before = measured(state)
    state, after = jax.lax.scan(stretch, state, batches)
    return jnp.concatenate([before[None], after]), state
