"""The runs of the study of batch sizes: tuned and reported, probed for noise, timed alone."""

import time
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

import lab
from lab import optimizers, probes, protocol
from lab.data.streams import key_data, order
from lab.statistics import time_to_target
from lab.study import Parts
from lab.training import make_train
from lab.types import RUNNING, Hypers, Program, Rule, Stream
from studies.gradient_descent.settings import GradientDescent
from studies.gradient_descent.unfair import unfair


def parts(s: GradientDescent) -> Parts:
    """A rate for every batch size, and its report; noise, seconds, and the published comparison."""
    task = lab.tasks.CATALOG[s.task].make()
    sizes = (*s.sizes, len(task.source.prepare(s.split).train))
    tune, fresh = s.numbers(s.tuning, protocol.TUNE), s.numbers(s.seeds, protocol.REPORT)

    def sweep(rates, seeds, size: int, updates: int, points: int, probe=None) -> lab.Sweep:
        return lab.Sweep(
            task, ["sgd"], axes={"learning_rate": rates}, seeds=seeds, split=s.split,
            budget=lab.Budget(updates=updates), batch_size=size, evaluations=min(updates, points),
            probe=probe,
        )  # fmt: skip

    best: dict[int, float] = {}
    rates = np.geomspace(s.slowest, s.fastest, s.rates)
    for size in sizes:
        updates = int(np.ceil(s.least + s.examples / size))
        tuning = yield f"tuning/{size}", sweep(rates, tune, size, updates, s.points)
        best[size] = best_rate(tuning, s.target)
        yield f"report/{size}", sweep([best[size]], fresh, size, updates, s.points)
    measure = partial(moments, groups=s.groups)
    probe = lab.Probe(probes.OfLoss(task.problem, measure), every=4)
    yield "noise", sweep([best[s.probed]], fresh, s.probed, s.probed_updates, 20, probe)
    yield "seconds", lambda _: seconds(s, sizes)
    yield "unfair", lambda _: unfair(s, tune, fresh)


def updates_to(record: xr.Dataset, target: float) -> np.ndarray:
    """Updates to a validation loss, infinite for a run that misses it: [rates, seeds]."""
    loss = record.validation_loss.isel(optimizer=0).transpose("learning_rate", "seed", "step")
    reached = time_to_target(loss.values, record.updates.values, target)
    return np.where(reached.hit, reached.time, np.inf)


def best_rate(tuning: xr.Dataset, target: float) -> float:
    """The rate with the least median time to the target.

    Medians tie where updates are few: then the restricted mean decides, then the smaller rate.
    """
    times = updates_to(tuning, target)
    restricted = np.minimum(times, float(tuning.updates[-1])).mean(-1)
    return float(tuning.learning_rate[np.lexsort((restricted, np.median(times, -1)))[0]])


def moments(loss, params, batch, _, groups: int) -> dict[str, jax.Array]:
    """Squared norms of the gradients of a batch, for both estimators of the noise scale."""
    leaves = jax.tree.leaves(probes.part_gradients(loss, params, batch))
    count = len(leaves[0])
    gradients = jnp.concatenate([leaf.reshape(count, -1) for leaf in leaves], 1)
    mean = gradients.mean(0)
    trace = jnp.sum((gradients - mean) ** 2) / (count - 1)
    grouped = gradients.reshape(groups, count // groups, -1).mean(1)
    return {
        "trace": trace,
        "squared": jnp.sum(mean**2) - trace / count,
        "norm_all": jnp.sum(mean**2),
        "norm_groups": jnp.sum(grouped**2, 1).mean(),
    }


def seconds(s: GradientDescent, sizes: tuple[int, ...]) -> xr.Dataset:
    """Seconds of an update at each batch size: one lane alone, nothing else in the program."""
    task = lab.tasks.CATALOG[s.task].make()
    split = task.source.prepare(s.split)
    rows = {k: jnp.asarray(v) for k, v in split.rows.items()}
    hypers, key = Hypers({}, dict(task.hypers)), key_data(s.split, "parameters")
    measured = np.empty((len(sizes), s.repeats))
    for i, size in enumerate(sizes):
        train = make_train(Program(task.problem, Rule(optimizers.sgd), size))
        state = train.start(train.draw(key, hypers), key, hypers)
        updates = int(np.clip(4096 // size, 8, 512))
        read = split.train[order(s.split, len(split.train), 0, updates * size)].astype(np.int32)
        stream = Stream(jnp.asarray(read), jnp.full(updates, 1e-3), jnp.asarray(key))
        advance = jax.jit(train.advance)
        arguments = (state, rows, stream, hypers, np.int32(0), np.int32(updates))
        done, _ = jax.block_until_ready(advance(*arguments))
        assert int(done.stopped_at) == RUNNING
        for j in range(s.repeats):
            begin = time.perf_counter()
            jax.block_until_ready(advance(*arguments))
            measured[i, j] = (time.perf_counter() - begin) / updates
    return xr.Dataset(
        {"seconds": (("batch_size", "repeat"), measured, {"units": "s"})}, {"batch_size": [*sizes]}
    )
