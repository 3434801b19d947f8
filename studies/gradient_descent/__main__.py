"""Batch, mini-batch or stochastic gradient descent: what does the batch size cost and buy?

Steps to a target at every batch size with the learning rate tuned anew for each, seconds of each
program alone, the noise scale of the gradient, and a published comparison that was not fair.
"""

import time
from dataclasses import dataclass
from functools import lru_cache

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

import lab
from lab import optimizers, protocol, records
from lab.data.streams import key_data, order
from lab.study.cli import Flags, Folder, main, opened
from lab.training import make_train
from lab.types import RUNNING, Hypers, Program, Rule, Snapshot, Stream
from studies.gradient_descent import report
from studies.gradient_descent.unfair import unfair

TASK = "digits"
RATES = np.geomspace(0.002, 6.0, 24)  # the same for every batch size
TARGETS = (0.3, 0.2, 0.15)  # validation loss, declared beforehand: easier, main, harder
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)  # and all rows
PROBED = 32  # batch size of the training along which the noise is measured


@dataclass(frozen=True)
class GradientDescent(Flags):
    """Flags of the study of batch sizes."""


def run(flags: GradientDescent) -> None:
    """Measure all parts, then draw."""
    folder = Folder(flags, "gradient_descent")
    if flags.from_ is not None:
        report.draw(opened(flags.from_, "gradient_descent"), folder)
        return
    smoke = flags.smoke
    rows = len(lab.tasks.CATALOG[TASK].make().source.prepare(0).train)
    sizes = (64, rows) if smoke else (*SIZES, rows)
    tune = protocol.phase_seeds(protocol.TUNE, 2 if smoke else 8)
    fresh = protocol.phase_seeds(protocol.REPORT, flags.seeds or (2 if smoke else 64))
    rates = RATES[12:20:3] if smoke else RATES
    parts: dict[str, xr.Dataset] = {}
    best: dict[int, float] = {}
    for size in sizes:
        updates = 40 if smoke else int(np.ceil(100 + 5000 / size))
        settings = {
            "budget": lab.Budget(updates=updates),
            "batch_size": size,
            "progress": False,
            "evaluations": min(updates, 10 if smoke else 320),
        }
        tuning = folder.part(
            f"tuning.{size}",
            lambda held, settings=settings: lab.sweep(
                TASK, ["sgd"], axes={"learning_rate": rates}, seeds=tune, extend=held, **settings
            ),
        )
        best[size] = report.best_rate(tuning, TARGETS[1])
        told = folder.part(
            f"report.{size}",
            lambda held, settings=settings, size=size: lab.sweep(
                TASK, {"sgd": "sgd"}, axes={"learning_rate": [best[size]]}, seeds=fresh,
                extend=held, **settings,
            ),
        )  # fmt: skip
        parts[f"tuning/{size}"], parts[f"report/{size}"] = tuning, told
    parts["noise"] = folder.part(
        "noise",
        lambda held: lab.sweep(
            TASK, {"sgd": "sgd"}, axes={"learning_rate": [best[PROBED if not smoke else 64]]},
            seeds=fresh, budget=lab.Budget(updates=40 if smoke else 2000), batch_size=PROBED,
            evaluations=20, probe=gradient_moments, probe_every=4, progress=False, extend=held,
        ),
    )  # fmt: skip
    configuration = {"smoke": smoke, "targets": TARGETS, "rows": rows, "sizes": sizes}
    made = {
        "seconds": seconds(sizes, 3 if smoke else 15),
        "unfair": unfair(range(2 if smoke else 8), fresh, 2 if smoke else 15),
    }
    parts |= {name: records.stamp(part, configuration) for name, part in made.items()}
    report.draw(folder.finish(parts, configuration), folder)


@lru_cache(maxsize=1)
def _problem():
    return lab.tasks.CATALOG[TASK].make().problem


def gradient_moments(snapshot: Snapshot):
    """Of the examples of a batch: squared norms that both estimators of the noise scale need."""
    problem = _problem()

    def of_one(row):
        batch = jax.tree.map(lambda leaf: leaf[None], row)
        gradient = jax.grad(
            lambda p: problem.loss(p, snapshot.model_state, batch, None, snapshot.hypers.task)[0]
        )(snapshot.params)
        return jnp.concatenate([leaf.ravel() for leaf in jax.tree.leaves(gradient)])

    gradients = jax.vmap(of_one)(snapshot.batch)
    mean = gradients.mean(0)
    count = gradients.shape[0]
    groups = gradients.reshape(8, count // 8, -1).mean(1)
    trace = jnp.sum((gradients - mean) ** 2) / (count - 1)
    return {
        "trace": trace,
        "squared": jnp.sum(mean**2) - trace / count,
        "norm_all": jnp.sum(mean**2),
        "norm_groups": jnp.sum(groups**2, 1).mean(),
    }


def seconds(sizes: tuple[int, ...], repeats: int) -> xr.Dataset:
    """Seconds of an update at each batch size: one lane alone, nothing else in the program."""
    task = lab.tasks.CATALOG[TASK].make()
    split = task.source.prepare(0)
    rows = {k: jnp.asarray(v) for k, v in split.rows.items()}
    hypers, key = Hypers({}, dict(task.hypers)), key_data(0, "parameters")
    measured = np.empty((len(sizes), repeats))
    for i, size in enumerate(sizes):
        train = make_train(Program(task.problem, Rule(optimizers.sgd), size))
        state = train.start(train.draw(key, hypers), key, hypers)
        updates = int(np.clip(4096 // size, 8, 512))
        read = split.train[order(0, len(split.train), 0, updates * size)].astype(np.int32)
        stream = Stream(jnp.asarray(read), jnp.full(updates, 1e-3), jnp.asarray(key))
        advance = jax.jit(train.advance)
        arguments = (state, rows, stream, hypers, np.int32(0), np.int32(updates))
        done, _ = jax.block_until_ready(advance(*arguments))
        assert int(done.stopped_at) == RUNNING
        for j in range(repeats):
            begin = time.perf_counter()
            jax.block_until_ready(advance(*arguments))
            measured[i, j] = (time.perf_counter() - begin) / updates
    return xr.Dataset({"seconds": (("batch_size", "repeat"), measured)}, {"batch_size": [*sizes]})


if __name__ == "__main__":
    main(GradientDescent, run)
