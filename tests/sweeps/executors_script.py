"""A checkpointed sweep on a process pool, to be killed: `executors_script.py FOLDER`."""

import sys
from pathlib import Path

import lab
from lab.sweeps.checkpointing import checkpointer
from lab.sweeps.execution import blocks
from tests.sweeps import executors

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    checkpointer.FIRST_S, checkpointer.SHORTEST_S, checkpointer.SHARE = 0.0, 0.0, 1e9
    blocks.LONGEST_S, blocks.SHORTEST_S = 0.3, 0.1
    lab.use_all_cores(2)
    with lab.ProcessPool(2) as pool:
        executors.long(folder, executor=pool, checkpoint=folder / "kept")
