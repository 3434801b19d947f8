"""The runs of the study of early stopping: trained to the end once, and looked at all the way.

Shapes: K evaluations after the first update, V sizes of the validation set.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jax.flatten_util import ravel_pytree

import lab
from lab import protocol
from lab.protocol.reporting import opened
from lab.study import Parts, Settings, flags
from lab.study.replicates import nested
from lab.sweeps.early_stopping.rule import EarlyStopping, replay
from lab.tasks.task import Task
from lab.types import Snapshot


@dataclass(frozen=True)
class Stopping(Settings):
    """Of the study of early stopping."""

    seeds: Annotated[int, flags.whole(2, 100_000)] = 12
    """Redrawn splits, each with a learning set of its own; the unit of every interval."""
    runs: int = 4  # on each split, whose mean counts
    evaluations: int = 64  # K, evenly over the budget
    every: int = 25  # updates between two of them
    patience: int = 8  # of the rule that was declared beforehand
    rate: float = 3e-3  # of Adam, constant
    width: int = 64
    batch: int = 32
    sizes: tuple[int, ...] = (10, 20, 50, 100, 200, 0)  # V, validation rows looked at; 0: all
    # name, data, training rows, share of wrong labels
    arms: tuple[tuple[str, str, int, float], ...] = (
        ("digits", "digits", 200, 0.0),
        ("digits, 20 % wrong", "digits", 200, 0.2),
        ("MNIST-1D", "mnist1d", 1000, 0.0),
        ("MNIST-1D, 20 % wrong", "mnist1d", 1000, 0.2),
    )

    @property
    def updates(self) -> int:
        """Of a run."""
        return self.evaluations * self.every

    @property
    def splits(self) -> list[int]:
        """That are redrawn."""
        return self.numbers(self.seeds)


def parts(s: Stopping) -> Parts:
    """Curves of every arm, and the rule obeyed on the last."""
    made = [
        lab.tasks.CATALOG[name].make(widths=(s.width,), train_size=rows, label_noise=noise)
        for _, name, rows, noise in s.arms
    ]
    for i in range(len(made)):
        yield f"arm_{i}", partial(curves, s, made[i])
    yield "obeyed", partial(obeyed, s, made[-1])


def sweep(s: Stopping, task: Task, **more: Any) -> xr.Dataset:
    """Every split with runs of its own."""
    trials = nested(s.splits, s.runs, protocol.REPORT, learning_rate=s.rate)
    return lab.sweep(
        task, ["adam"], trials={"adam": trials}, batch_size=s.batch, progress=False, **more
    ).isel(optimizer=0)


def parameters(snapshot: Snapshot):
    """All of them as one vector, before the update."""
    return ravel_pytree(snapshot.params)[0]


def curves(s: Stopping, task: Task, _: Any) -> xr.Dataset:
    """Validation loss and error for every size, test loss and error, at every evaluation.

    Nothing is stopped, tuned or chosen here: test rows only tell what rules would have reported.
    """
    record = sweep(
        s, task, budget=lab.Budget(updates=s.updates + 1), evaluations=1, probe=parameters,
        probe_every=s.every,
    )  # fmt: skip
    vectors = record.probe.values[:, 1:].reshape(s.seeds, s.runs, s.evaluations, -1)
    kept: dict[str, list[np.ndarray]] = {}
    look = _looker(task)
    for split, points in zip(s.splits, vectors):
        prepared, tests = opened(task, split)
        held = np.random.default_rng(split).permutation(prepared.validation)
        for part, rows, sizes in (("validation", held, s.sizes), ("test", tests, (0,))):
            found = look(points, {k: np.asarray(v)[rows] for k, v in prepared.rows.items()})
            for name, each in (("loss", found["loss"]), ("error", 1 - found["accuracy"])):
                means = np.stack([each[..., : n or None].mean(-1) for n in sizes])
                kept.setdefault(f"{part}_{name}", []).append(means)
    return xr.Dataset(
        {
            name: (
                ("split", "rows" if name.startswith("validation") else "all", "seed", "step"),
                np.stack(values),
            )
            for name, values in kept.items()
        },
        {"rows": list(s.sizes)},
        {"validation_rows": len(task.source.prepare(s.splits[0]).validation)},
    )


def _looker(task: Task) -> Callable[..., dict[str, np.ndarray]]:
    """`(vectors [runs, K, P], rows) -> {metric: [runs, K, rows]}`."""
    initial = jax.eval_shape(task.problem.init, jax.random.key(0), task.hypers)
    like = jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), initial.params)
    unravel = ravel_pytree(like)[1]

    @jax.jit
    def look(vectors, batch):
        def one(vector):
            return task.problem.metrics(unravel(vector), {}, batch, dict(task.hypers))

        return jax.lax.map(partial(jax.lax.map, one), vectors)

    return lambda vectors, batch: jax.device_get(look(jnp.asarray(vectors), batch))


def obeyed(s: Stopping, task: Task, _: Any) -> xr.Dataset:
    """The declared rule obeyed by a sweep, and the replay of it on a sweep to the end."""
    rule = EarlyStopping(patience=s.patience, restore_best_weights=True)
    more: dict[str, Any] = {"budget": lab.Budget(updates=s.updates), "evaluations": s.evaluations}
    full, early = sweep(s, task, **more), sweep(s, task, early_stopping=rule, **more)
    loss = full.validation_loss.values  # [lanes, 1 + K]
    watch, marks = replay(rule, loss[:, 1:]), full.updates.values
    stop = np.where(watch.stopped_at > 0, marks[watch.stopped_at], -1)
    kept = np.take_along_axis(loss, watch.best_at[:, None], 1)[:, 0]
    same = (early.stopped_early_at.values == stop) & (early.validation_loss.values[:, -1] == kept)
    return xr.Dataset(
        {
            "same": ("lane", same),
            "computed": early.attrs["lane_updates"],
            "budget": full.attrs["lane_updates"],
        }
    )
