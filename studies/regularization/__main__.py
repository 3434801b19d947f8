"""What should be used against over-fitting on this data, and is the gain real?

Every regularizer alone, chosen pairs, all together and all but one: each tuned with the same number
of trials on the validation rows of each redrawn split, run on fresh seeds, and measured on the
split's test rows; gains are paired by split and corrected by Holm. Beside it, what strengths do
to the weights. On digits and MNIST-1D, or on your own table with --data.
"""

from dataclasses import dataclass
from typing import Annotated

import lab
from lab.data import Source
from lab.study.cli import DataFlags, Folder, main, opened
from lab.study.flags import Whole
from lab.study.once import once
from lab.validation.errors import require
from studies.regularization import report
from studies.regularization.paths import PATHS, paths
from studies.regularization.runs import Bench, table

SIZES = {"digits": 200, "mnist1d": 1000}  # training rows
SCALINGS = {"digits": "whole", "mnist1d": "standard"}  # pixels keep one scale, to be augmented
RATES = tuple(1e-3 * 2.0**k for k in range(-3, 9))


@dataclass(frozen=True)
class Regularization(DataFlags):
    """Flags of the study of regularization."""

    updates: Annotated[int, Whole(1, 10_000_000)] = 600
    """Budget of every run, in updates of 32 examples."""
    train_size: Annotated[int | None, Whole(1, 2**31 - 1)] = None
    """Training rows used of --data; all by default."""

    def check(self) -> None:
        """Refuse rows of a file that is not given, too."""
        super().check()
        require(self.train_size is None or self.data is not None, "--train-size needs --data.")


def run(flags: Regularization) -> None:
    """Tune every row, report, draw."""
    folder = Folder(flags, "regularization")
    if flags.from_ is not None:
        report.draw(opened(flags.from_, "regularization"), folder)
        return
    smoke, bench = flags.smoke, benched(flags)
    found = dict(list(sources(flags).items())[: 1 if smoke else None])
    told = {
        "smoke": smoke, "width": bench.width, "updates": bench.updates, "splits": bench.splits,
        "seeds": bench.seeds, "batch": bench.batch_size, "trials": len(bench.rates),
        "looks": bench.looks,
        "rows": {name: len(source.prepare(0).train) for name, source in found.items()},
        "data": {name: source.sha256 for name, source in found.items()},
    }  # fmt: skip
    parts = {}
    for name, source in found.items():
        label = f"{name}_table"
        parts[label] = once(folder, label, told, lambda s=source: table(bench, s, smoke))
    first, source = next(iter(found.items()))
    parts[f"{first}_paths"] = once(
        folder, f"{first}_paths", told,
        lambda: paths(
            source, bench.width, bench.updates, RATES[5], 2 if smoke else 8, 2 if smoke else 13,
            PATHS[: 2 if smoke else 4],
        ),
    )  # fmt: skip
    report.draw(folder.finish(parts, told), folder)


def benched(flags: Regularization) -> Bench:
    """What all rows share: twelve trials each, two in the smoke form."""
    if flags.smoke:
        return Bench(
            splits=flags.seeds or 2, seeds=1, updates=8, width=64, rates=RATES[5:7],
            fewer=RATES[5:6], factors=(0.5, 1.0), looks=4,
        )  # fmt: skip
    return Bench(
        splits=flags.seeds or 12, seeds=4, updates=flags.updates, width=64, rates=RATES,
        fewer=RATES[5:10:2], factors=(0.125, 0.25, 0.5, 1.0), looks=min(30, flags.updates),
    )  # fmt: skip


def sources(flags: Regularization) -> dict[str, Source]:
    """The user's table, or the bundled data with few training rows."""
    own = flags.own_table()
    if own is not None:
        return {own.name: lab.data.source(own, train_size=flags.train_size)}
    return {
        name: lab.data.source(lab.data.load(name), train_size=rows, scaling=SCALINGS[name])
        for name, rows in SIZES.items()
    }


if __name__ == "__main__":
    main(Regularization, run)
