"""How a run is cut into calls: at evaluations, and at multiples of the capacity of a call."""

import itertools
from collections.abc import Iterator

import numpy as np


def chunks(evaluation_steps: tuple[int, ...], capacity: int) -> Iterator[tuple[int, int, bool]]:
    """A run, cut: number of the first update, how many follow, whether an evaluation does."""
    for start, stop in itertools.pairwise(evaluation_steps):
        cuts = range((start // capacity + 1) * capacity, stop, capacity)
        for first, end in itertools.pairwise([start, *cuts, stop]):
            yield first, end - first, end == stop


def capacity(batch_size: int, lane_bytes: int) -> int:
    """Updates one call can take: long enough to hide its start, short enough to report on."""
    work = batch_size * max(1.0, lane_bytes / 2**18)
    return int(np.clip(2 ** int(np.log2(2**15 / work)), 16, 512))
