"""What lanes read while they train: orders of the examples, and learning rates."""

import numpy as np

from lab.data.streams import order
from lab.sweeps.compilation.programs import compiled_schedule
from lab.sweeps.execution.placed_data import Rows
from lab.sweeps.planning.jobs import Lane
from lab.types import float_type


def orders(
    lanes: list[Lane], rows: Rows, batch_size: int, first: int, count: int, capacity: int
) -> np.ndarray:
    """Rows of the examples of updates [first, first + count), padded: [L, capacity * B]."""
    drawn: dict[tuple[int, int], np.ndarray] = {}
    order_LX = np.zeros((len(lanes), capacity * batch_size), np.int32)
    span = first * batch_size, (first + count) * batch_size
    for at, lane in enumerate(lanes):
        name = (lane.seed, lane.split)
        if name not in drawn:
            train = rows.train[lane.split]
            drawn[name] = train[order(lane.seed, len(train), *span)]
        order_LX[at, : count * batch_size] = drawn[name]
    return order_LX


def rates(lanes: list[Lane], steps: int, capacity: int) -> np.ndarray:
    """Every lane's learning rate at every update: schedules are numbers to a program. [L, T]."""
    # a rule without a learning rate reads none
    peak_L = np.array([lane.rate or 0.0 for lane in lanes], float_type())
    rate_LT = np.empty((len(lanes), steps), float_type())
    for over in {lane.schedule for lane in lanes}:
        mine = np.array([lane.schedule == over for lane in lanes])
        scheduled = compiled_schedule(over, capacity)
        for first in range(0, steps, capacity):
            part = np.asarray(scheduled(peak_L, np.int32(steps), np.int32(first)))
            rate_LT[mine, first : first + capacity] = part[mine, : steps - first]
    return rate_LT
