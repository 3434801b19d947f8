"""The runs of the study of early stopping: trained to the end once, and looked at all the way.

Shapes: S seeds, K evaluations after the first update, V sizes of the validation set.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jax.flatten_util import ravel_pytree

import lab
from lab import protocol
from lab.protocol.reporting import opened
from lab.sweeps.early_stopping.rule import EarlyStopping, replay
from lab.tasks.task import Task
from lab.types import Snapshot


@dataclass(frozen=True)
class Bench:
    """What all runs share.

    Attributes:
      splits: Redrawn splits, each with a learning set of its own; the unit of every interval.
      seeds: Runs on each split, whose mean counts.
      evaluations: K, evenly over the budget.
      every: Updates between two of them.
      sizes: Rows of the validation set that are looked at; 0 for all.
      rate: Of Adam, constant.
    """

    splits: int
    seeds: int
    evaluations: int
    every: int
    sizes: tuple[int, ...]
    rate: float = 3e-3

    def settings(self) -> dict[str, Any]:
        """Of every sweep."""
        return {
            "axes": {"learning_rate": [self.rate], "split": list(range(self.splits))},
            "seeds": protocol.phase_seeds(protocol.REPORT, self.seeds),
            "batch_size": 32,
            "progress": False,
        }


def task(name: str, rows: int, noise: float) -> Task:
    """One hidden layer of 64 ReLU on `rows` rows of a data set, some labels wrong."""
    return lab.tasks.CATALOG[name].make(widths=(64,), train_size=rows, label_noise=noise)


def parameters(snapshot: Snapshot):
    """All of them as one vector, before the update."""
    return ravel_pytree(snapshot.params)[0]


def curves(bench: Bench, made: Task) -> xr.Dataset:
    """Validation loss and error for every size, test loss and error, at every evaluation.

    Nothing is stopped, tuned or chosen here: test rows only tell what rules would have reported.
    """
    record = lab.sweep(
        made, ["adam"], budget=lab.Budget(updates=bench.evaluations * bench.every + 1),
        evaluations=1, probe=parameters, probe_every=bench.every, **bench.settings(),
    ).isel(optimizer=0, learning_rate=0)  # fmt: skip
    vectors = record.probe.transpose("split", "seed", "probe_step", ...).values[:, :, 1:]
    kept: dict[str, list[np.ndarray]] = {}
    look = _looker(made)
    for split, points in enumerate(vectors):
        prepared, tests = opened(made, split)
        held = np.random.default_rng(split).permutation(prepared.validation)
        for part, rows, sizes in (("validation", held, bench.sizes), ("test", tests, (0,))):
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
        {"rows": list(bench.sizes)},
        {"validation_rows": len(made.source.prepare(0).validation)},
    )


def _looker(made: Task):
    """`(vectors [S, K, P], rows) -> {metric: [S, K, rows]}`."""
    initial = jax.eval_shape(made.problem.init, jax.random.key(0), made.hypers)
    like = jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), initial.params)
    unravel = ravel_pytree(like)[1]

    @jax.jit
    def look(vectors, batch):
        def one(vector):
            return made.problem.metrics(unravel(vector), {}, batch, dict(made.hypers))

        return jax.lax.map(partial(jax.lax.map, one), vectors)

    return lambda vectors, batch: jax.device_get(look(jnp.asarray(vectors), batch))


def obeyed(bench: Bench, made: Task, rule: EarlyStopping) -> xr.Dataset:
    """The rule obeyed by a sweep, and the replay of it on a sweep to the end."""
    settings = bench.settings() | {
        "budget": lab.Budget(updates=bench.evaluations * bench.every),
        "evaluations": bench.evaluations,
    }
    full = lab.sweep(made, ["adam"], **settings)
    early = lab.sweep(made, ["adam"], early_stopping=rule, **settings)
    loss = full.validation_loss.values.reshape(-1, bench.evaluations + 1)
    watch, marks = replay(rule, loss[:, 1:]), full.updates.values
    stop = np.where(watch.stopped_at > 0, marks[watch.stopped_at], -1)
    kept = np.take_along_axis(loss, watch.best_at[:, None], 1)[:, 0]
    same = (early.stopped_early_at.values.ravel() == stop) & (
        early.validation_loss.values.reshape(len(loss), -1)[:, -1] == kept
    )
    return xr.Dataset(
        {
            "same": ("lane", same),
            "computed": early.attrs["lane_updates"],
            "budget": full.attrs["lane_updates"],
        }
    )


def outcome(
    rule: EarlyStopping, seen: np.ndarray, outcomes: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """What a rule comes to, and the share of the budget spent; means over seeds.

    Args:
      rule: Which; it may go back to the best weights or not.
      seen: [splits, S, K] what it monitors; less is better.
      outcomes: [splits, S, K] on the test rows.

    Returns:
      Outcome [splits] and share [splits].
    """
    count = seen.shape[-1]
    watch = replay(rule, seen.reshape(-1, count))
    stop = np.where(watch.stopped_at > 0, watch.stopped_at, count)
    kept = np.where(watch.best_at > 0, watch.best_at, stop) if rule.restore_best_weights else stop
    found = np.take_along_axis(outcomes.reshape(-1, count), kept[:, None] - 1, 1)
    return found.reshape(seen.shape[:2]).mean(1), (stop / count).reshape(seen.shape[:2]).mean(1)


def along(
    rules: Sequence[EarlyStopping],
    one: xr.Dataset,
    rows: int = 0,
    monitor: str = "loss",
    of: str = "error",
) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes of several rules on test rows, and shares of the budget: [rules, splits] each."""
    seen = one[f"validation_{monitor}"].sel(rows=rows).transpose("split", "seed", "step").values
    outcomes = on_tests(one, of)
    found = [outcome(rule, seen, outcomes) for rule in rules]
    return np.array([e for e, _ in found]), np.array([s for _, s in found])


def on_tests(one: xr.Dataset, of: str) -> np.ndarray:
    """[splits, S, K]: `"loss"` or `"error"` on the test rows."""
    return one[f"test_{of}"].isel(all=0).transpose("split", "seed", "step").values
