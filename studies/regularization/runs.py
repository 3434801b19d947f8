"""The runs of the study of regularization: every row of the table tuned alike, split by split."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import numpy as np
import xarray as xr

import lab
from lab import protocol
from lab.data import Source
from studies.regularization import parts
from studies.regularization.cells import Cell, best, side

RULE = "adam"
FEW = ("decoupled decay", "early stopping")


@dataclass(frozen=True)
class Row:
    """A row of the table: what is switched on, and against which row it is held.

    Attributes:
      kind: `"alone"`, `"pair"`, `"all"`, `"without"` or `"with"`.
      names: Parts that act.
      program: Parts that are compiled in; those that do not act have strength 0.
      against: The row that it is compared with.
    """

    kind: str
    names: tuple[str, ...]
    program: tuple[str, ...]
    against: str | None


def rows_of(source: Source, few: bool = False) -> dict[str, Row]:
    """The rows by label, in the order they are run: combinations need the strengths of each."""
    fit = parts.fitting(source)
    fit = [name for name in fit if name in FEW] if few else fit
    together = tuple(name for name in parts.TOGETHER if name in fit)
    rows = {"none": Row("baseline", (), (), None)}
    rows |= {name: Row("alone", (name,), (name,), "none") for name in fit}
    for pair in () if few else parts.PAIRS:
        if set(pair) <= set(fit):
            rows[" + ".join(pair)] = Row("pair", pair, pair, "none")
    rows["all"] = Row("all", together, together, "none")
    for name in together:
        rest = tuple(n for n in together if n != name)
        compiled = together if parts.PARTS[name].traced else rest
        rows[f"all but {name}"] = Row("without", rest, compiled, "all")
    everything = (*together, "early stopping")  # a rule of the host: held against all without it
    rows["all + early stopping"] = Row("with", everything, everything, "all")
    return rows


@dataclass(frozen=True)
class Bench:
    """What all rows share.

    Attributes:
      splits: Redrawn splits with learning sets of their own: the unit of every interval.
      seeds: Fresh runs of the chosen setting on each split.
      updates: Of every run.
      width: Units of the hidden layer.
      rates: Learning rates, ascending; as many as trials of a row. Rows with strengths try a
        subset with equally many trials in all.
      factors: Of the strengths chosen alone, tried for combinations.
      looks: Evaluations of a run that may be stopped early.
      batch_size: Examples per update.
    """

    splits: int
    seeds: int
    updates: int
    width: int
    rates: tuple[float, ...]
    fewer: tuple[float, ...]
    factors: tuple[float, ...]
    looks: int
    batch_size: int = 32

    def settings(self, row: Row) -> dict[str, Any]:
        """Of every sweep; validation rows are looked at on the way where that may stop a run."""
        return {
            "budget": lab.Budget(updates=self.updates),
            "batch_size": self.batch_size,
            "schedule": "cosine_decay_schedule",
            "progress": False,
            "evaluations": self.looks if "early stopping" in row.names else 1,
        }

    def cells(self, row: Row, alone: dict[str, np.ndarray], split: int) -> list[Cell]:
        """Trials of a row on a split; equally many for every row."""
        tuned = [name for name in row.names if len(parts.PARTS[name].strengths) > 1]
        if not tuned:
            return [Cell(rate, dict.fromkeys(row.names, 1.0)) for rate in self.rates]
        if row.kind == "alone":
            grid = parts.PARTS[row.names[0]].strengths
            grid = grid[-len(self.factors) :]
            return [Cell(rate, {row.names[0]: s}) for rate in self.fewer for s in grid]
        return [
            Cell(rate, {name: factor * float(alone[name][split]) for name in row.names})
            for rate in self.fewer
            for factor in self.factors
        ]

    def measured(
        self, source: Source, row: Row, alone: dict[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """Tune on validation rows of each split, run fresh seeds, measure test rows: [splits]."""
        task = parts.task(source, row.program, self.width)
        off = dict.fromkeys(row.program, 0.0)
        cells = [self.cells(row, alone, split) for split in range(self.splits)]

        def trial(split: int, cell: Cell) -> dict[str, Any]:
            told = parts.numbers(off | cell.strengths)
            return {"learning_rate": cell.rate, "split": split} | told

        optimizer: Any = {RULE: parts.adam}
        tuning = lab.sweep(
            task,
            optimizer,
            trials={
                RULE: [trial(split, cell) for split, tried in enumerate(cells) for cell in tried]
            },
            seeds=protocol.phase_seeds(protocol.TUNE, 1),
            **self.settings(row),
        ).isel(optimizer=0, seed=0)
        curves = tuning.validation_loss.transpose("trial", "step").values
        curves = curves.reshape(self.splits, -1, curves.shape[-1])
        chosen = [tried[best(tried, each)] for tried, each in zip(cells, curves)]
        found: dict[str, np.ndarray] = {}
        for name in ("rate", "strength"):
            of = attrgetter(name)
            found[name] = np.array([of(cell) for cell in chosen])
            found[f"{name}_side"] = np.array([side(of, *both) for both in zip(chosen, cells)])
        rules = [cell.stopping for cell in chosen]
        for rule in dict.fromkeys(rules):
            mine = [split for split, its in enumerate(rules) if its == rule]
            report = protocol.report(
                task,
                optimizer,
                {RULE: [trial(split, chosen[split]) for split in mine]},
                seeds=protocol.phase_seeds(protocol.REPORT, self.seeds),
                early_stopping=rule,
                **self.settings(row),
            ).isel(optimizer=0)
            for metric in ("loss", "accuracy", "rmse"):
                if f"test_{metric}" in report:
                    values = report[f"test_{metric}"].transpose("trial", "seed").values
                    found.setdefault(metric, np.empty(self.splits))[mine] = values.mean(1)
        return found


def table(bench: Bench, source: Source, few: bool) -> xr.Dataset:
    """Every row measured: variables (row, split), coordinates kind and against."""
    rows = rows_of(source, few)
    found: dict[str, dict[str, np.ndarray]] = {}
    alone: dict[str, np.ndarray] = {}
    for label, row in rows.items():
        print(f"{source.name}: {label}", flush=True)
        found[label] = bench.measured(source, row, alone)
        if row.kind == "alone":
            alone[row.names[0]] = found[label]["strength"]
    return collected(rows, found)


def collected(rows: dict[str, Row], found: dict[str, dict[str, Any]]) -> xr.Dataset:
    """One dataset of all rows."""
    names: Sequence[str] = list(next(iter(found.values())))
    return xr.Dataset(
        {k: (("row", "split"), np.array([found[label][k] for label in rows])) for k in names},
        {
            "row": list(rows),
            "kind": ("row", [row.kind for row in rows.values()]),
            "against": ("row", [row.against or "" for row in rows.values()]),
        },
    )
