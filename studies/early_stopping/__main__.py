"""When should training stop, what does stopping save, and does it cost test error?

Networks are trained to the end, and every rule of early stopping is replayed on their validation
curves: until a rule stops a run, the run is bitwise the one that goes on. Patience against updates
and test error, with clean and with wrong labels; validation sets that are too small to be trusted;
and how small an improvement should count.
"""

from dataclasses import dataclass

from lab.study.cli import Flags, Folder, main, opened
from lab.study.once import once
from lab.sweeps.early_stopping.rule import EarlyStopping
from studies.early_stopping import report, runs

ARMS = {  # data, training rows, share of wrong labels
    "digits": ("digits", 200, 0.0),
    "digits, 20 % wrong": ("digits", 200, 0.2),
    "MNIST-1D": ("mnist1d", 1000, 0.0),
    "MNIST-1D, 20 % wrong": ("mnist1d", 1000, 0.2),
}
RULE = EarlyStopping(patience=8, restore_best_weights=True)  # declared beforehand


@dataclass(frozen=True)
class EarlyStoppingStudy(Flags):
    """Flags of the study of early stopping."""


def run(flags: EarlyStoppingStudy) -> None:
    """Train to the end, replay, draw."""
    folder = Folder(flags, "early_stopping")
    if flags.from_ is not None:
        report.draw(opened(flags.from_, "early_stopping"), folder)
        return
    smoke = flags.smoke
    bench = runs.Bench(
        splits=flags.seeds or (2 if smoke else 12),
        seeds=1 if smoke else 4,
        evaluations=6 if smoke else 64,
        every=2 if smoke else 25,
        sizes=(10, 0) if smoke else (10, 20, 50, 100, 200, 0),
    )
    arms = dict(list(ARMS.items())[: 1 if smoke else None])
    told = {
        "smoke": smoke, "splits": bench.splits, "seeds": bench.seeds, "rate": bench.rate,
        "evaluations": bench.evaluations, "every": bench.every, "sizes": list(bench.sizes),
        "arms": [[name, *arm] for name, arm in arms.items()], "patience": RULE.patience,
    }  # fmt: skip
    parts = {
        f"arm_{i}": once(
            folder, f"arm_{i}", told, lambda arm=arm: runs.curves(bench, runs.task(*arm))
        )
        for i, arm in enumerate(arms.values())
    }
    last = runs.task(*list(arms.values())[-1])
    parts["obeyed"] = once(folder, "obeyed", told, lambda: runs.obeyed(bench, last, RULE))
    report.draw(folder.finish(parts, told), folder)


if __name__ == "__main__":
    main(EarlyStoppingStudy, run)
