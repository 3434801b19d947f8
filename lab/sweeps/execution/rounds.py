"""What paused lanes tell, and what they are as states."""

import jax
import numpy as np

from lab.sweeps.execution.lane_state import LaneState, device
from lab.sweeps.planning.jobs import Job
from lab.sweeps.planning.sizes import state_shapes
from lab.sweeps.results.measurements import worst_where
from lab.types import RUNNING, State


def metrics(job: Job, lane_state: LaneState) -> dict[str, np.ndarray]:
    """The last evaluation [L], the worst there is where a lane has diverged."""
    dead = lane_state.state[-1] != RUNNING  # `stopped_at`, the last field of a state
    return {
        k: worst_where(job, k, dead, values) for k, values in lane_state.evaluations[-1].items()
    }


def state(job: Job, lane_state: LaneState) -> State:
    """The first of the paused lanes of a job, as arrays of the host."""
    return device([leaf[0] for leaf in lane_state.state], state_shapes(job), jax.numpy.asarray)
