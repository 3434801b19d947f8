"""Which optimizer, at which learning rate? Equal budgets, equal trials, fresh seeds, test data.

Every optimizer gets the same number of learning rates, drawn over its declared space, on several
splits of the data. The best by validation loss is confirmed and reported on fresh seeds and on a
test split that nothing before has seen; the verdict resamples the whole procedure.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import xarray as xr

import lab
from lab import protocol
from lab.catalog import OptimizerEntry
from lab.protocol import Comparison
from lab.study.cli import DataFlags, Folder, main, opened
from lab.study.flags import Amount, Names, Number, Whole, Wholes
from lab.study.took import took
from lab.tasks import Task
from lab.validation.errors import require
from studies.optimizers.report import draw

KNOWN = (
    "sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adadelta", "adam", "adamw", "nadam",
    "lion",
)  # fmt: skip
WIDER, WIDENINGS = 10**0.5, 1  # by how much everyone's space grows, and how often at most
FREE = ("updates", "examples", "epochs")  # currencies in which two gradients cost as one


@dataclass(frozen=True)
class Optimizers(DataFlags):
    """Flags of the optimizer comparison."""

    optimizers: Annotated[
        tuple[str, ...], Names(lambda: lab.optimizers.CATALOG, all_of_them=True)
    ] = KNOWN
    """Names out of the catalogue, separated by commas; or all."""
    tasks: Annotated[tuple[str, ...], Names(lambda: lab.tasks.CATALOG)] = (
        "digits",
        "mnist1d",
        "diabetes",
    )
    """Bundled tasks, separated by commas; ignored with --data."""
    trials: Annotated[int, Whole(1, 1_000)] = 12
    """Learning rates tried for each optimizer."""
    splits: Annotated[int, Whole(1, 1_000)] = 5
    """Splits of the data; with one the verdict holds on this split only."""
    audit_seeds: Annotated[int | None, Whole(1, 100_000)] = None
    """Report seeds on which every trial is run for the verdict; by default all of them."""
    timed: bool = True
    """Whether each program is timed alone, so that the table says what a run takes in seconds."""
    epochs: Annotated[float, Number(0, 1e6, ends=False)] = 20
    """Budget of every run, in passes over the training rows."""
    budget: Annotated[lab.Budget | None, Amount()] = None
    """Another budget in place of --epochs: CURRENCY=AMOUNT, such as flops=4e8 or seconds=0.05."""
    batch_sizes: Annotated[tuple[int, ...], Wholes(1, 1_000_000)] = (32,)
    """Examples per update, separated by commas; rates are tuned for each."""
    schedules: Annotated[tuple[str, ...], Names(lambda: lab.schedules.CATALOG)] = (
        "cosine_decay_schedule",
        "constant_schedule",
    )
    """Learning-rate schedules; the first ranks, the others are tuned beside it on one split."""
    margin: Annotated[float, Number(0, 1e6)] = 0.005
    """The least difference of test losses that counts."""


def run(flags: Optimizers) -> None:
    """Tune, confirm, report, decide, draw."""
    folder = Folder(flags, "optimizers")
    if flags.from_ is not None:
        draw(opened(flags.from_, "optimizers"), folder)
        return
    budget = _budget(flags)
    catalogue = lab.optimizers.CATALOG
    left_out = {
        n: reason for n in flags.optimizers if (reason := _needs_more(catalogue[n], budget))
    }
    names = [name for name in flags.optimizers if name not in left_out]
    require(len(names) > 0, f"--optimizers: none can be ranked: {left_out}.")
    schedules = flags.schedules
    fresh = flags.seeds or (2 if flags.smoke else 12)
    planned = {
        label: (
            task,
            Comparison(
                {name: name for name in names},
                {name: catalogue[name].search_space["learning_rate"] for name in names},
                budget,
                trials=min(flags.trials, 4) if flags.smoke else flags.trials,
                splits=(0,) if flags.smoke else tuple(range(flags.splits)),
                tune_seeds=2 if flags.smoke else 3,
                confirm_seeds=fresh,
                report_seeds=fresh,
                audit_seeds=None if flags.audit_seeds is None else min(fresh, flags.audit_seeds),
                schedule=schedules[0],
                batch_size=size,
                evaluations=4 if flags.smoke else 20,
                margin=flags.margin,
            ),
        )
        for label, task, size in _tasks(flags)
    }
    parts, declared, begin = {}, {}, time.perf_counter()
    for label, (task, comparison) in planned.items():
        made, comparison = _compare(label, task, comparison, schedules[1:], folder, flags.timed)
        parts |= {f"{label}/{kind}": part for kind, part in made.items()}
        declared[label] = comparison.declared() | {"sha256": comparison.sha256, "kind": task.kind}
    described = {"flags": {k: str(v) for k, v in vars(flags).items()}, "comparisons": declared}
    draw(folder.finish(parts, described | {"left_out": left_out}), folder)
    print(took(parts.values(), time.perf_counter() - begin))


def _compare(
    label: str,
    task: Task,
    comparison: Comparison,
    others: Sequence[str],
    folder: Folder,
    timed: bool,
) -> tuple[dict[str, xr.Dataset], Comparison]:
    """Every record of one comparison, and the comparison with its space as it was in the end."""

    def part(kind, make) -> xr.Dataset:
        print(f"{label}: {kind}", flush=True)
        return folder.part(f"{label}.{kind}", make)

    made: dict[str, xr.Dataset] = {}
    for widened in range(WIDENINGS + 1):
        kind = "tuning" + " widened" * widened
        tuning = part(kind, lambda held, plan=comparison: plan.tune(task, extend=held))
        made["tuning"] = tuning
        edges = protocol.at_the_edge(comparison, tuning)
        if not edges or widened == WIDENINGS:
            break
        print(f"{label}: at the edge of its space: {', '.join(edges)}; everyone's is widened")
        comparison = comparison.widen(WIDER)
    chosen = protocol.chosen_trials(protocol.select(tuning))
    confirmed = _with_schedule(chosen, comparison.schedule)
    if others:
        made["schedules"] = part(
            "schedules",
            lambda held: comparison.tune(
                task, schedules=tuple(others), splits=comparison.splits[:1], extend=held
            ),
        )
        more = protocol.chosen_trials(protocol.select(made["schedules"]))
        confirmed = {name: [*rows, *more[name]] for name, rows in confirmed.items()}
    made["confirm"] = part(
        "confirm", lambda held: comparison.confirm(task, confirmed, held, timed=timed)
    )
    made["report"] = part("report", lambda held: comparison.report(task, chosen, held))
    made["audit"] = part("audit", lambda held: comparison.audit(task, held))
    if task.kind in ("classification", "regression"):
        made["baselines"] = part(
            "baselines",
            lambda held: (
                held
                if held is not None
                else lab.records.stamp(protocol.baselines(task, comparison.splits), {})
            ),
        )
    return made, comparison


def _with_schedule(chosen: protocol.Trials, schedule: str) -> protocol.Trials:
    return {name: [row | {"schedule": schedule} for row in rows] for name, rows in chosen.items()}


def _needs_more(entry: OptimizerEntry, budget: lab.Budget) -> str | None:
    """Why an optimizer cannot be ranked, if so."""
    if "learning_rate" not in entry.search_space:
        return "has no learning rate to tune"
    if entry.gradients_used is not None:
        return (
            "needs more information than a stochastic gradient: its line search takes as many "
            "gradients as the data make it take"
        )
    if entry.gradient_evaluations != 1 and budget.currency in FREE:
        return (
            f"needs more information than a stochastic gradient, at the price of "
            f"{entry.gradient_evaluations:g} gradients an update; declare the budget in "
            "gradient_evaluations, flops or seconds to rank it"
        )
    return None


def _budget(flags: Optimizers) -> lab.Budget:
    if flags.smoke:
        return lab.Budget(epochs=1)
    return flags.budget or lab.Budget(epochs=flags.epochs)


def _tasks(flags: Optimizers) -> Sequence[tuple[str, Task, int]]:
    """Every task at every batch size, with a name."""
    table = flags.own_table()
    if table is not None:
        tasks = [lab.tasks.supervised(lab.data.source(table))]
    else:
        names = flags.tasks[: 1 if flags.smoke else None]
        tasks = [lab.tasks.CATALOG[name].make() for name in names]
    sizes = flags.batch_sizes
    return [
        (task.name if len(sizes) == 1 else f"{task.name}, batch {size}", task, size)
        for task in tasks
        for size in sizes
    ]


if __name__ == "__main__":
    main(Optimizers, run)
