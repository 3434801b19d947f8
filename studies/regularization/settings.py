"""The settings of the study of regularization, and the rows of its table."""

from dataclasses import dataclass
from typing import Annotated

import lab
from lab.data import Source
from lab.study import DataSettings, flags
from lab.validation.errors import require
from studies.regularization import remedies
from studies.regularization.remedies import REMEDIES

RATES = tuple(1e-3 * 2.0**k for k in range(-3, 9))


@dataclass(frozen=True)
class Regularization(DataSettings):
    """Of the study of regularization."""

    seeds: Annotated[int, flags.whole(2, 100_000)] = 12
    """Redrawn splits, each with a learning set of its own: the unit of every interval."""
    updates: Annotated[int, flags.whole(1, 10_000_000)] = 600
    """Budget of every run, in updates of 32 examples."""
    train_size: Annotated[int | None, flags.whole(1, 2**31 - 1)] = None
    """Training rows used of --data; all by default."""
    runs: int = 4  # of the chosen setting on each split
    width: int = 64
    batch: int = 32
    looks: int = 30  # of a run that may be stopped early at its validation rows
    # data, training rows, scaling: pixels keep one scale, to be augmented
    tasks: tuple[tuple[str, int, str], ...] = (
        ("digits", 200, "whole"),
        ("mnist1d", 1000, "standard"),
    )
    remedies: tuple[str, ...] = tuple(REMEDIES)
    pairs: tuple[tuple[str, str], ...] = (
        ("dropout", "max-norm"),
        ("dropout", "batch norm"),
        ("mixup", "label smoothing"),
        ("augmentation", "dropout"),
        ("input noise", "decoupled decay"),
    )
    rates: tuple[float, ...] = RATES  # of rows without strengths; as many as all rows have trials
    fewer: tuple[float, ...] = RATES[5:10:2]  # of rows with strengths
    factors: tuple[float, ...] = (0.125, 0.25, 0.5, 1.0)  # of combined strengths, chosen alone
    paths: tuple[str, ...] = ("L1", "L1, proximal", "L2", "decoupled decay")
    points: int = 13  # of a path
    path_splits: int = 8
    path_rate: float = RATES[5]

    @property
    def splits(self) -> list[int]:
        """That are redrawn."""
        return self.numbers(self.seeds)

    def check(self) -> None:
        """Refuse rows of a file that is not given, too."""
        super().check()
        require(self.train_size is None or self.data is not None, "--train-size needs --data.")

    def sources(self) -> dict[str, Source]:
        """The user's table, or the bundled data with few training rows."""
        own = self.own_table()
        if own is not None:
            return {own.name: lab.data.source(own, train_size=self.train_size)}
        return {
            name: lab.data.source(lab.data.load(name), train_size=rows, scaling=scaling)
            for name, rows, scaling in self.tasks
        }


@dataclass(frozen=True)
class Row:
    """A row of the table: what is switched on, and against which row it is held.

    Attributes:
      kind: `"alone"`, `"pair"`, `"all"`, `"without"` or `"with"`.
      names: Remedies that act.
      program: Remedies that are compiled in; those that do not act have strength 0.
      against: The row that it is compared with.
    """

    kind: str
    names: tuple[str, ...]
    program: tuple[str, ...]
    against: str


def rows_of(s: Regularization, source: Source) -> dict[str, Row]:
    """The rows by label, in the order they are run: combinations need the strengths of each."""
    fit = [name for name in remedies.fitting(source) if name in s.remedies]
    together = tuple(name for name in remedies.TOGETHER if name in fit)
    rows = {"none": Row("baseline", (), (), "")}
    rows |= {name: Row("alone", (name,), (name,), "none") for name in fit}
    rows |= {" + ".join(p): Row("pair", p, p, "none") for p in s.pairs if set(p) <= set(fit)}
    rows["all"] = Row("all", together, together, "none")
    for name in together:
        rest = tuple(n for n in together if n != name)
        compiled = together if REMEDIES[name].traced else rest
        rows[f"all but {name}"] = Row("without", rest, compiled, "all")
    everything = (*together, "early stopping")  # a rule of the host: held against all without it
    rows["all + early stopping"] = Row("with", everything, everything, "all")
    return rows
