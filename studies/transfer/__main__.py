"""What do layers that were trained on some digits give to a net that must learn others?

Layers trained on the digits 0 to 4, with their labels or by an autoencoder without, or not trained
at all; frozen, fine-tuned with a rate that shrinks layer by layer, or fine-tuned as a whole; on
the digits 5 to 9, by number of examples. Every way is tuned with the same number of trials.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

import lab
from lab import protocol
from lab.study.cli import Flags, Folder, main, opened
from lab.study.once import once
from lab.tasks.task import Task
from studies.transfer import report
from studies.transfer.starts import BATCH, STARTS, bodies, layered_adam, new_digits

PER_CLASS = [5, 10, 20, 50]
WAYS = {"frozen": 0.0, "layer-wise": 1 / 2.6, "full": 1.0}  # times the rate of the layer above
RATES = [float(r) for r in np.geomspace(3e-4, 1e-1, 6)]
RULE: Any = {"adam": layered_adam}


@dataclass(frozen=True)
class Transfer(Flags):
    """Flags of the study of transfer."""


def run(flags: Transfer) -> None:
    """Pre-train, tune every way, report, draw."""
    folder = Folder(flags, "transfer")
    if flags.from_ is not None:
        report.draw(opened(flags.from_, "transfer"), folder)
        return
    smoke = flags.smoke
    told: dict[str, Any] = {
        "smoke": smoke, "splits": 2 if smoke else 20, "seeds": flags.seeds or (1 if smoke else 3),
        "updates": 8 if smoke else 300, "pretraining": 8 if smoke else 2000, "batch": BATCH,
        "per_class": PER_CLASS[:1] if smoke else PER_CLASS,
        "rates": RATES[2:4] if smoke else RATES,
    }  # fmt: skip
    found = once(folder, "bodies", told, lambda: bodies(told["splits"], told["pretraining"]))
    tasks = dict(zip(told["per_class"], new_digits(found, told["per_class"])))
    parts = {
        f"examples_{count}": once(
            folder, f"examples_{count}", told, lambda t=task, n=count: learnt(t, n, told)
        )
        for count, task in tasks.items()
    }
    report.draw(folder.finish({"bodies": found, **parts}, told), folder)


def learnt(task: Task, count: int, told: dict[str, Any]) -> xr.Dataset:
    """Test errors (start, way, split) with `count` examples of each class.

    Each split has a learning set and a pre-trained body of its own, and chooses its own rate.
    """
    print(f"{count} examples of each class", flush=True)
    settings: dict[str, Any] = {
        "budget": lab.Budget(updates=told["updates"]),
        "batch_size": BATCH,
        "evaluations": 1,
        "schedule": "cosine_decay_schedule",
        "progress": False,
    }
    rates, splits = told["rates"], range(told["splits"])
    cells = [
        {"start": float(start), "slower": slower, "split": split, "body": float(split)}
        for start in range(len(STARTS))
        for slower in WAYS.values()
        for split in splits
    ]
    tuning = lab.sweep(
        task,
        RULE,
        trials={"adam": [cell | {"learning_rate": r} for cell in cells for r in rates]},
        seeds=protocol.phase_seeds(protocol.TUNE, 1),
        **settings,
    )
    loss = tuning.validation_loss.isel(optimizer=0, seed=0, step=-1).values
    best = np.array(rates)[loss.reshape(len(cells), len(rates)).argmin(1)]
    tested = protocol.report(
        task, RULE,
        {"adam": [cell | {"learning_rate": float(r)} for cell, r in zip(cells, best)]},
        seeds=protocol.phase_seeds(protocol.REPORT, told["seeds"]), **settings,
    ).isel(optimizer=0).mean("seed")  # fmt: skip
    shape = (len(STARTS), len(WAYS), len(splits))
    columns = {"error": 1 - tested.test_accuracy.values, "loss": tested.test_loss.values}
    return xr.Dataset(
        {
            name: (("start", "way", "split"), values.reshape(shape))
            for name, values in (columns | {"rate": best}).items()
        },
        {"start": list(STARTS), "way": list(WAYS), "split": list(splits)},
    )


if __name__ == "__main__":
    main(Transfer, run)
