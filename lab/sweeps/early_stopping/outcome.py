"""What is reported of lanes that were stopped early: curves that end, and what is carried on.

Shapes: L lanes, K + 1 evaluations, T updates.
"""

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from lab.sweeps.early_stopping.rule import EarlyStopping, Watch
from lab.sweeps.execution.lane_state import LaneState
from lab.types import RUNNING


def epochs(steps: tuple[int, ...]) -> list[int]:
    """The evaluations that a rule counts, from 1: those that an update precedes; 0 is none."""
    return [0, *(k for k in range(1, len(steps)) if steps[k] > steps[k - 1])]


def aligned(lanes: Sequence[LaneState]) -> list[LaneState]:
    """Lanes that are not equally far, filled up to the one that is: to be stacked."""
    furthest = max(lanes, key=lambda lane: lane.done)
    shapes = [leaf.shape[1] for leaf in furthest.infos]
    return [
        lane._replace(
            done=furthest.done,
            count=furthest.count,
            evaluations=lane.evaluations
            + lane.evaluations[-1:] * (len(furthest.evaluations) - len(lane.evaluations)),
            infos=[_filled(leaf, length) for leaf, length in zip(lane.infos, shapes)],
        )
        for lane in lanes
    ]


class Outcome:
    """Where L lanes ended."""

    def __init__(
        self, rule: EarlyStopping, steps: tuple[int, ...], watch: Watch, stopped_at: np.ndarray
    ):
        early, seen = watch.stopped_at > 0, watch.best_at > 0
        counted = np.array(epochs(steps))
        self.updates = np.array(steps)
        self.diverged_at = np.where(early, RUNNING, stopped_at)
        self._last = np.where(early, counted[watch.stopped_at], len(steps) - 1)  # [L] evaluation
        self._back = rule.restore_best_weights & seen & (self.diverged_at == RUNNING)
        self._left_with = np.where(self._back, counted[watch.best_at], self._last)
        self.stopped_at = np.where(early, self.updates[self._last], RUNNING)
        self.best_at = np.where(seen, self.updates[counted[watch.best_at]], RUNNING)

    def carried(self, evaluations: list[dict[str, np.ndarray]]) -> list[dict[str, np.ndarray]]:
        """K + 1 evaluations: after a lane's last one, and at the very end, what it is left with."""
        rows = []
        for k in range(len(self.updates)):
            over = (k > self._last) | (k == len(self.updates) - 1)
            at = np.where(over, self._left_with, k)
            rows.append(
                {
                    name: np.array([evaluations[row][name][i] for i, row in enumerate(at)])
                    for name in evaluations[0]
                }
            )
        return rows

    def restored(self, state: Sequence[np.ndarray], best: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Leaves [L, ...] of the states that lanes are left with; `best` is empty without any."""
        if not best:
            return list(state)
        return [np.where(_along(self._back, a), b, a) for a, b in zip(state, best, strict=True)]

    def cut(self, info: dict[str, Any], probe_every: int) -> dict[str, Any]:
        """The Info of all T updates; NaN, or no gradients, from where a lane had stopped."""
        end, total = self.updates[self._last], int(self.updates[-1])

        def until(leaf: np.ndarray, times: np.ndarray, empty: float) -> np.ndarray:
            over = times >= end[:, None]
            leaf = _filled(leaf, len(times))
            return np.where(_along(over, leaf), np.asarray(empty, leaf.dtype), leaf)

        def probe(leaf: np.ndarray) -> np.ndarray:
            empty = np.nan if leaf.dtype.kind == "f" else 0
            return until(leaf, np.arange(0, total, probe_every), empty)

        each = np.arange(total)
        found = {"loss": until(info["loss"], each, np.nan)}
        if "gradients" in info:
            found["gradients"] = until(info["gradients"], each, 0)
        if "probe" in info:
            found["probe"] = jax.tree.map(probe, info["probe"])
        return found


def _filled(leaf: np.ndarray, length: int) -> np.ndarray:
    """[L, t, ...] as [L, length, ...], zeros at the end."""
    return np.pad(leaf, [(0, 0), (0, length - leaf.shape[1])] + [(0, 0)] * (leaf.ndim - 2))


def _along(mask: np.ndarray, leaf: np.ndarray) -> np.ndarray:
    return mask.reshape(*mask.shape, *[1] * (leaf.ndim - mask.ndim))
