"""How often does the protocol name a winner where there is none, and find one where there is?

One optimizer under two names, each with trials and seeds of its own: trained, and drawn again from
a bank of recorded runs. Then an advantage of known size is given to one of the two.
"""

from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
import xarray as xr

import lab
from lab import records
from lab.protocol import REPORT, Comparison, audit
from lab.spaces import Float
from lab.study.cli import Flags, Folder, main, opened
from lab.study.flags import Name, Number, Whole
from lab.tasks.task import Task
from lab.validation.errors import require
from studies.null.report import draw
from studies.null.rounds import LABELS, Side, flipped, play, redrawn

SPARE = 10  # seeds of the bank beyond those of two sides
TOGETHER = 20  # repetitions that are trained, then written down
BANK_SEEDS = REPORT + 500_000  # the bank's; trained repetitions have those from REPORT on


@dataclass(frozen=True)
class Null(Flags):
    """Flags of the null experiment."""

    task: Annotated[str, Name(lambda: lab.tasks.CATALOG)] = "breast_cancer"
    """Name of a bundled task."""
    optimizer: Annotated[str, Name(lambda: lab.optimizers.CATALOG)] = "adam"
    """The optimizer that is compared with itself."""
    low: Annotated[float, Number(0, 1e6, ends=False)] = 1e-4
    """Least learning rate of its space."""
    high: Annotated[float, Number(0, 1e6, ends=False)] = 1.0
    """Largest learning rate of its space."""
    repetitions: Annotated[int, Whole(1, 100_000)] = 100
    """Trained comparisons."""
    redraws: Annotated[int, Whole(1, 100_000)] = 1000
    """Comparisons drawn from the bank."""

    def check(self) -> None:
        """Refuse an empty space, too."""
        super().check()
        require(
            self.low < self.high,
            f"--low must be below --high, given {self.low:g} and {self.high:g}.",
        )


@dataclass(frozen=True)
class Sizes:
    """What --smoke makes smaller."""

    updates: int = 40
    splits: tuple[int, ...] = (0, 1, 2, 3, 4)
    each: int = 20  # trials of the bank in each part of the space


def run(flags: Null) -> None:
    """Train, redraw, decide, draw."""
    folder = Folder(flags, "null")
    if flags.from_ is not None:
        draw(opened(flags.from_, "null"), folder)
        return
    small = flags.smoke
    sizes = Sizes(updates=4, splits=(0, 1), each=2) if small else Sizes()
    repetitions, redraws = (2, 8) if small else (flags.repetitions, flags.redraws)
    plan = planned(flags, sizes, flags.seeds or (3 if small else 12))
    task = lab.tasks.CATALOG[flags.task].make(widths=(16,))
    bank = folder.part("bank", lambda held: banked(task, plan, sizes.each, held))
    trained = []
    for first in range(0, repetitions, TOGETHER):
        some = range(first, min(first + TOGETHER, repetitions))
        trained.append(
            folder.part(f"trained_{first}", lambda held, some=some: train(task, plan, some, held))
        )
    whole = together(trained, "repetition")
    parts = {"bank": bank, "trained": whole, **decisions(plan, bank, whole, redraws)}
    configuration = {"comparison": plan.declared(), "task": flags.task}
    stamped = {name: records.stamp(part, configuration) for name, part in parts.items()}
    draw(folder.finish(stamped, configuration), folder)


def planned(flags: Null, sizes: Sizes, seeds: int) -> Comparison:
    """One optimizer, two names."""
    return Comparison(
        dict.fromkeys(LABELS, flags.optimizer),
        dict.fromkeys(LABELS, Float(flags.low, flags.high, log=True)),
        lab.Budget(updates=sizes.updates),
        splits=sizes.splits,
        report_seeds=seeds,
        batch_size=16,
        evaluations=1,
    )


def measured(
    task: Task, plan: Comparison, label: str, first_seed: int, seeds: int,
    held: xr.Dataset | None = None,
) -> xr.Dataset:  # fmt: skip
    """All trials of a label on the splits of the plan: validation and test loss of every run."""
    return audit(
        task, {label: plan.optimizers[label]}, {label: plan.rates()[label]},
        seeds=range(first_seed, first_seed + seeds), axes={"split": plan.splits},
        budget=plan.budget, batch_size=plan.batch_size, schedule=plan.schedule, evaluations=1,
        extend=held,
    )  # fmt: skip


def banked(task: Task, plan: Comparison, each: int, held: xr.Dataset | None = None) -> xr.Dataset:
    """Runs to draw from: `each` trials in every part of the space, and seeds for two sides."""
    seeds = 2 * (plan.tune_seeds + plan.report_seeds) + SPARE
    return measured(
        task, replace(plan, trials=each * plan.trials), LABELS[0], BANK_SEEDS, seeds, held
    )


def train(
    task: Task, plan: Comparison, repetitions: range, held: xr.Dataset | None = None
) -> xr.Dataset:
    """Both labels of each repetition: own trials, own seeds, one program for all of them."""
    if held is not None:
        return held
    count = plan.tune_seeds + plan.report_seeds
    rounds = []
    for number in repetitions:
        sides = []
        for i, label in enumerate(LABELS):
            first = REPORT + count * (len(LABELS) * number + i)
            runs = measured(task, replace(plan, draw=number), label, first, count)
            kept = runs[["validation_loss", "test_loss"]].drop_vars("unspent")
            sides.append(kept.assign_coords(seed=range(count), first_seed=("optimizer", [first])))
        rounds.append(together(sides, "optimizer"))
    return records.stamp(together(rounds, "repetition"), {"repetitions": list(repetitions)})


def together(parts: list[xr.Dataset], dim: str) -> xr.Dataset:
    """Parts along a dimension, with the time and the work of all of them."""
    whole = xr.concat(
        parts, dim, data_vars="all", coords="different", compat="equals", join="exact",
        combine_attrs="drop",
    )  # fmt: skip
    work = {name: sum(part.attrs[name] for part in parts) for name in ("seconds", "lane_updates")}
    return whole.assign_attrs(work)


def side_of(runs: xr.Dataset, untrained: float) -> Side:
    """The losses of one label; both columns hold all seeds."""
    ordered = runs.transpose("split", "trial", "seed", "step")
    validation = ordered.validation_loss.values[..., -1].astype(np.float64)
    return Side(runs.learning_rate.values, validation, np.fmin(ordered.test_loss.values, untrained))


def trained_sides(
    trained: xr.Dataset, plan: Comparison, number: int, untrained: float
) -> list[Side]:
    """Both sides of a trained repetition: the first seeds tuned, the others report."""
    runs = trained.isel(repetition=number)
    whole = [side_of(runs.isel(optimizer=i), untrained) for i in range(len(LABELS))]
    tuned = plan.tune_seeds
    return [Side(s.rate, s.validation[..., :tuned], s.test[..., tuned:]) for s in whole]


def decisions(
    plan: Comparison, bank: xr.Dataset, trained: xr.Dataset, redraws: int
) -> dict[str, xr.Dataset]:
    """What is said of every trained and every redrawn repetition, and of flipped differences."""
    untrained = float(bank.validation_loss.isel(step=0).median())
    held = side_of(bank.isel(optimizer=0), untrained)
    repetitions = trained.sizes["repetition"]
    return {
        "rounds/trained": play(
            plan, lambda r: trained_sides(trained, plan, r, untrained), repetitions, untrained
        ),
        "rounds/redrawn": play(plan, lambda r: redrawn(held, plan, r), redraws, untrained),
        "flipped": xr.Dataset({"p": ("round", flipped(held, plan.report_seeds, redraws))}),
    }


if __name__ == "__main__":
    main(Null, run)
