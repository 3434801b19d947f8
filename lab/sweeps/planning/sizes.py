"""Names, shapes and bytes of what lanes are made of, known before anything compiles."""

from functools import lru_cache, partial
from typing import Any

import jax
import numpy as np

from lab.sweeps.devices.widths import width
from lab.sweeps.planning.chunks import capacity
from lab.sweeps.planning.jobs import Job, hypers_of
from lab.training import first_state, make_train
from lab.types import Hypers, Program, State, float_type


def group_width(job: Job, platform: str) -> tuple[int, int]:
    """Lanes of a group, and bytes of one lane's state with its gradient."""
    nbytes = _job_bytes(job)
    return width(nbytes, platform), nbytes


def call_capacity(job: Job) -> int:
    """Updates that one call of the job's program can take."""
    return capacity(job.program.batch_size, _job_bytes(job))


def _job_bytes(job: Job) -> int:
    state = state_shapes(job)
    leaves = [*jax.tree.leaves(state), *jax.tree.leaves(state.params)]
    return sum(leaf.size * leaf.dtype.itemsize for leaf in leaves)


def state_shapes(job: Job) -> State:
    """Shapes and dtypes of one lane's state."""
    hypers = hypers_of(job.lanes[:1])
    return _shapes(job.program, tuple(hypers.rule), tuple(hypers.task), float_type())


@lru_cache(maxsize=512)
def _shapes(program: Program, rule: tuple[str, ...], task: tuple[str, ...], dtype: Any) -> State:
    number, key = jax.ShapeDtypeStruct((), dtype), jax.ShapeDtypeStruct((2,), np.uint32)
    hypers = Hypers(dict.fromkeys(rule, number), dict.fromkeys(task, number))
    return jax.eval_shape(partial(first_state, make_train(program)), key, hypers)
