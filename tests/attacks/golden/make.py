"""Writes what this version writes, once per format: `golden/make.py FOLDER`."""

import shutil
import sys
from pathlib import Path

import numpy as np

import lab
from lab.search import Lanes
from lab.sweeps.checkpointing.store import Checkpoints

SMALL = {"axes": {"learning_rate": [0.1]}, "seeds": 2, "evaluations": 2, "progress": False}


def make(folder: Path) -> None:
    """A record, a tree of them, an exported model, a predictor and a checkpoint."""
    folder.mkdir(parents=True)
    lab.use_all_cores(1)
    task = lab.tasks.supervised(lab.data.source(lab.data.load("iris")), widths=(4,))
    record = lab.sweep(
        task,
        ["sgd"],
        budget=lab.Budget(updates=4),
        export=lab.Export(folder / "models", lambda lane: lane["seed"] == 1),
        **SMALL,
    )
    lab.save(record, folder / "record.nc")
    for path in (folder / "models").glob("*.final.npz"):
        path.rename(folder / "model.npz")
    shutil.rmtree(folder / "models")
    lanes = Lanes(task, lab.Budget(updates=9), seeds=[0], fixed={"optimizer": "adam"})
    lanes.predictor({"learning_rate": 0.1}).save(folder / "predictor.npz")
    store = Checkpoints(folder / "checkpoint")
    position = {"sweep": "0" * 64, "seconds": {"training": 1.5}, "under_way": [1, [3, 4], []]}
    store.write(3, {"what": "a sweep"}, {"done": np.array([1, 0, 1], np.uint8)}, position)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
