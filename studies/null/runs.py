"""The runs of the null experiment: one optimizer under two names, and a bank to draw from."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
import xarray as xr

import lab
from lab.protocol import REPORT, Comparison, audit
from lab.spaces import Float
from lab.study import Parts, Settings, flags
from lab.tasks.task import Task
from lab.validation.errors import require
from studies.null.rounds import LABELS, Side, flipped, play, redrawn

BANK = REPORT + 500_000  # from where the bank's seeds are; trained repetitions have earlier ones


@dataclass(frozen=True)
class Null(Settings):
    """Of the null experiment."""

    seeds: Annotated[int, flags.whole(2, 100_000)] = 12
    """Report seeds of each of the two names."""
    task: Annotated[str, flags.name(lambda: lab.tasks.CATALOG)] = "breast_cancer"
    """Name of a bundled task."""
    optimizer: Annotated[str, flags.name(lambda: lab.optimizers.CATALOG)] = "adam"
    """The optimizer that is compared with itself."""
    low: Annotated[float, flags.number(0, 1e6, ends=False)] = 1e-4
    """Least learning rate of its space."""
    high: Annotated[float, flags.number(0, 1e6, ends=False)] = 1.0
    """Largest learning rate of its space."""
    repetitions: Annotated[int, flags.whole(1, 10_000)] = 100
    """Trained comparisons."""
    redraws: Annotated[int, flags.whole(1, 100_000)] = 1000
    """Comparisons drawn from the bank."""
    width: int = 16  # of the hidden layer
    updates: int = 40
    batch: int = 16
    splits: int = 5
    trials: int = 12  # of each name, as many as the space has parts
    tuning: int = 3  # seeds
    margin: float = 0.005
    each: int = 20  # trials of the bank in each part of the space
    spare: int = 10  # seeds of the bank beyond those of two sides

    def check(self) -> None:
        """Refuse an empty space."""
        require(
            self.low < self.high,
            f"--low must be below --high, given {self.low:g} and {self.high:g}.",
        )

    @property
    def plan(self) -> Comparison:
        """One optimizer, two names."""
        return Comparison(
            dict.fromkeys(LABELS, self.optimizer),
            dict.fromkeys(LABELS, Float(self.low, self.high, log=True)),
            lab.Budget(updates=self.updates), trials=self.trials,
            splits=tuple(self.numbers(self.splits)), tune_seeds=self.tuning,
            report_seeds=self.seeds, batch_size=self.batch, evaluations=1, margin=self.margin,
            draw=self.numbers(1)[0],
        )  # fmt: skip


def parts(s: Null) -> Parts:
    """Runs of the bank and of trained repetitions, and what is said of either."""
    plan, task = s.plan, lab.tasks.CATALOG[s.task].make(widths=(s.width,))
    bank = yield "bank", lambda held: banked(s, task, held)
    trained = yield "trained", lambda _: train(s, task)
    untrained = float(bank.validation_loss.isel(step=0).median())
    pool = side_of(bank.isel(optimizer=0), untrained)
    numbers, draws = s.numbers(s.repetitions), s.numbers(s.redraws)
    yield (
        "rounds/trained",
        lambda _: play(plan, trained_sides(trained, plan, untrained), numbers, untrained),
    )
    yield (
        "rounds/redrawn",
        lambda _: play(plan, (redrawn(pool, plan, number) for number in draws), draws, untrained),
    )
    yield "flipped", lambda _: xr.Dataset({"p": ("round", flipped(pool, s.seeds, draws))})


def measured(
    task: Task, plan: Comparison, label: str, seeds: list[int], held: xr.Dataset | None = None
) -> xr.Dataset:
    """All trials of a label on the splits of the plan: validation and test loss of every run."""
    return audit(
        task, {label: plan.optimizers[label]}, {label: plan.rates()[label]}, seeds=seeds,
        axes={"split": plan.splits}, budget=plan.budget, batch_size=plan.batch_size,
        schedule=plan.schedule, evaluations=1, extend=held,
    )  # fmt: skip


def banked(s: Null, task: Task, held: xr.Dataset | None = None) -> xr.Dataset:
    """Runs to draw from: `each` trials in every part of the space, and seeds for two sides."""
    seeds = s.numbers(2 * (s.tuning + s.seeds) + s.spare, BANK)
    return measured(task, replace(s.plan, trials=s.each * s.trials), LABELS[0], seeds, held)


def train(s: Null, task: Task) -> xr.Dataset:
    """Both labels of each repetition: own trials, own seeds, one program for all of them."""
    count = s.tuning + s.seeds
    rounds = []
    for place, number in enumerate(s.numbers(s.repetitions)):
        sides = []
        for i, label in enumerate(LABELS):
            seeds = s.numbers(count, REPORT + count * (len(LABELS) * place + i))
            runs = measured(task, replace(s.plan, draw=number), label, seeds)
            kept = runs[["validation_loss", "test_loss"]].drop_vars("unspent")
            first = ("optimizer", seeds[:1])
            sides.append(kept.assign_coords(seed=range(count), first_seed=first))
        rounds.append(joined(sides, "optimizer"))
    return joined(rounds, "repetition")


def joined(parts: list[xr.Dataset], dim: str) -> xr.Dataset:
    """Parts along a dimension."""
    return xr.concat(
        parts, dim, data_vars="all", coords="different", compat="equals", join="exact",
        combine_attrs="drop",
    )  # fmt: skip


def side_of(runs: xr.Dataset, untrained: float) -> Side:
    """The losses of one label; both columns hold all seeds."""
    ordered = runs.transpose("split", "trial", "seed", "step")
    validation = ordered.validation_loss.values[..., -1].astype(np.float64)
    return Side(runs.learning_rate.values, validation, np.fmin(ordered.test_loss.values, untrained))


def trained_sides(trained: xr.Dataset, plan: Comparison, untrained: float) -> Iterator[list[Side]]:
    """Both sides of every trained repetition: the first seeds tuned, the others report."""
    tuned = plan.tune_seeds
    for number in range(trained.sizes["repetition"]):
        runs = trained.isel(repetition=number)
        whole = [side_of(runs.isel(optimizer=i), untrained) for i in range(len(LABELS))]
        yield [Side(s.rate, s.validation[..., :tuned], s.test[..., tuned:]) for s in whole]
