"""What a record will hold, by shapes, before anything compiles: names, and rows predicted."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lab.sweeps.planning.jobs import Job, Plan
from lab.sweeps.planning.labels import OWN, check_word
from lab.sweeps.planning.traced import Form, form, traced
from lab.training import make_train
from lab.types import Hypers, float_type
from lab.validation.errors import require, shown


def check_columns(plan: Plan) -> None:
    """Refuse metrics, probes and rows to predict that a record could not hold.

    Raises:
      InputError: If a metric or a leaf of a probe has no name of its own, `loss` is missing, lanes
        that are probed take unequal numbers of updates, or there are no such rows.
    """
    for job in {job.program.problem: job for job in plan.jobs}.values():
        metrics = _metrics(job)
        require(
            "loss" in metrics,
            f"metrics of task {job.task.name!r} must hold 'loss', given {metrics}.",
        )
        for name in metrics:
            check_word(name, "a metric")
    probed = [job for job in plan.jobs if job.program.probe is not None]
    counts = sorted({job.evaluation_steps[-1] for job in probed})
    require(
        len(counts) < 2,
        f"probe needs lanes with equal numbers of updates, given {shown(counts)}: give a budget in "
        "updates, or one batch size.",
    )
    for job in {job.program.probe: job for job in probed}.values():
        probes = _probed(job)
        for path, _ in jax.tree_util.tree_leaves_with_path(probes):
            for entry in path:
                word = jax.tree_util.keystr((entry,), simple=True)
                check_word(word, "a leaf of probe")
        names = [name for name, _ in leaves_of(probes)]
        twice = [name for name, count in Counter(names).items() if count > 1 or name in OWN]
        plain = names == ["probe"]
        require(
            plain or not twice,
            f"probe must return leaves with names of their own, given {shown(twice)} twice, or "
            "taken by a record.",
        )
    if plan.predict_on is not None:
        check_rows(plan.predict_on, plan.jobs)


def check_rows(predict_on: Callable[[int], Any], jobs: Iterable[Job]) -> None:
    """Refuse rows that a split does not have, or another number of them on another split.

    Raises:
      InputError: If so.
    """
    sizes: dict[int, int] = {}
    for split, job in {lane.split: one for one in jobs for lane in one.lanes}.items():
        rows, count = np.asarray(predict_on(split)), len(_rows(job, split))
        require(
            rows.ndim == 1 and len(rows) > 0 and rows.dtype.kind in "iu",
            f"predict_on must give whole numbers of rows, [R], given {shown(rows)} for {split=}.",
        )
        require(
            rows.min() >= 0 and rows.max() < count,
            f"predict_on must give rows from 0 to {count - 1}, given {rows.min()} to "
            f"{rows.max()} for {split=}.",
        )
        sizes[split] = len(rows)
    require(
        len(set(sizes.values())) < 2,
        f"predict_on must give equally many rows for every split, given {shown(sizes)}.",
    )


def leaves_of(probes: Any) -> list[tuple[str, Any]]:
    """Leaves of a probe's pytree, each named by its path."""
    found = jax.tree_util.tree_leaves_with_path(probes)
    paths = [jax.tree_util.keystr(path, simple=True, separator="_") for path, _ in found]
    return [(f"probe_{path}" if path else "probe", leaf) for path, (_, leaf) in zip(paths, found)]


def _rows(job: Job, split: int) -> Any:
    return next(iter(job.task.source.prepare(split).rows.values()))


def _shapes(job: Job) -> tuple[Form, tuple[Any, ...]]:
    """Of the arguments of the training loop, as they were traced to count what it costs."""
    lane = job.lanes[0]
    hypers, rows = Hypers(lane.rule_numbers, lane.task_numbers), job.task.source.prepare(lane.split)
    found = form(replace(job.program, probe=None), hypers, rows.rows)
    return found, traced(found).advance_args


def _metrics(job: Job) -> tuple[str, ...]:
    return _names_of_metrics(_shapes(job)[0])


@lru_cache(maxsize=64)
def _names_of_metrics(form: Form) -> tuple[str, ...]:
    state, rows, _, hypers, *_ = traced(form).advance_args
    one, mask = (jax.ShapeDtypeStruct((1,), kind) for kind in (jnp.int32, float_type()))
    return tuple(jax.eval_shape(make_train(form.program).evaluate, state, rows, one, mask, hypers))


def _probed(job: Job) -> Any:
    return jax.eval_shape(make_train(job.program).advance, *_shapes(job)[1])[1]["probe"]
