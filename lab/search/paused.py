"""Lanes between two rounds of a search, in memory and, where there is a folder, on disk.

Only those of rounds that are not full trainings: what is trained to the end is not asked for
again.
"""

from pathlib import Path
from typing import Any

import numpy as np

from lab.search.entry import Round
from lab.search.space import Configuration
from lab.sweeps.checkpointing.lock import locked
from lab.sweeps.checkpointing.store import Checkpoints
from lab.sweeps.execution.lane_state import LaneState, packed, stacked, unpacked, unstacked
from lab.sweeps.planning.identity import hashed
from lab.validation.errors import require

KIND = "lanes between rounds of a search"
Key = tuple[int, int]  # of a lane: number of the trial, and of the seed


class Paused:
    """The lanes of the last round.

    Args:
      identity: What training depends on but the configurations; lanes of another one are let go.
      folder: Where checkpoints of them lie; None for memory alone.

    Raises:
      InputError: If the folder is of something else, or in use.
    """

    def __init__(self, identity: dict[str, Any], folder: Path | None):
        self.identity = {"kind": KIND} | identity
        self.store = None if folder is None else Checkpoints(folder)
        self.number = 0
        self.share = 0.0
        self.trials: dict[int, Configuration] = {}
        self.blocks: list[tuple[list[Key], list[str], LaneState]] = []
        if self.store is not None and self.store.folder.is_dir():
            with locked(self.store.folder):
                self._take_up(self.store)

    def _take_up(self, store: Checkpoints) -> None:
        """Read what this search has left; of another search it goes, of anything else it stays."""
        found = store.identity()
        if found is None and not store.states.is_dir():
            return
        require(
            found is not None and found.get("kind") == KIND,
            f"{store.folder} holds checkpoints that are no search's: give another folder.",
        )
        if hashed(found or {}) == hashed(self.identity):
            self._read(store)
        else:
            store.remove()

    def of(self, one: Round) -> dict[Key, tuple[str, LaneState]]:
        """Lanes of the round's trials on their way to its share, with their identities."""
        if self.share > one.share:
            return {}
        same = {n for n, trial in one.trials.items() if self.trials.get(n) == trial}
        return {
            key: (hashed, lane_state)
            for keys, hashes, block in self.blocks
            for key, hashed, lane_state in zip(keys, hashes, unstacked(block, len(keys)))
            if key[0] in same
        }

    def keep(self, one: Round, trained: list[tuple[list[Key], list[str], list[LaneState]]]) -> None:
        """Put the lanes of a round in the place of those before, job by job.

        Where a round was broken off and its rest is trained now, both parts stay.
        """
        blocks = [(keys, hashes, stacked(lane_states)) for keys, hashes, lane_states in trained]
        rest = one.share == self.share
        self.trials = (self.trials if rest else {}) | one.trials
        self.blocks = (self.blocks if rest else []) + blocks
        self.share = one.share
        if one.share == 1:
            self.trials, self.blocks = {}, []
        elif self.store is not None:
            self._write(self.store)

    def remove(self) -> None:
        """Take away what was written."""
        if self.store is not None and self.store.folder.is_dir():
            with locked(self.store.folder):
                self.store.remove()

    def _write(self, store: Checkpoints) -> None:
        arrays: dict[str, np.ndarray] = {}
        described = []
        for i, (keys, hashes, block) in enumerate(self.blocks):
            lane_state, leaves = packed(block)
            described.append({"keys": keys, "hashes": hashes, "live": lane_state})
            arrays |= {f"{i}/{name}": leaf for name, leaf in leaves.items()}
        self.number += 1
        trials = [[number, trial] for number, trial in self.trials.items()]
        position = {"share": self.share, "trials": trials, "blocks": described}
        with locked(store.folder):
            store.write(self.number, self.identity, arrays, position)

    def _read(self, store: Checkpoints) -> None:
        newest = store.newest()
        if newest is None:
            return
        self.number, arrays, position = newest
        self.share = position["share"]
        self.trials = dict(position["trials"])
        for i, block in enumerate(position["blocks"]):
            own = {k.removeprefix(f"{i}/"): v for k, v in arrays.items() if k.startswith(f"{i}/")}
            keys = [(number, seed) for number, seed in block["keys"]]
            self.blocks.append((keys, block["hashes"], unpacked(block["live"], own)))
