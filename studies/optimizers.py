"""Which optimizer, at which learning rate? Equal budgets, equal trials, fresh seeds, test data.

Every optimizer gets the same number of learning rates, drawn over its declared space, on several
splits of the data. The best by validation loss is confirmed and reported on fresh seeds and on a
test split that nothing before has seen; the verdict resamples the whole procedure.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import xarray as xr

import lab
from lab import protocol
from lab.catalog import OptimizerEntry
from lab.errors import require
from lab.protocol import Comparison
from lab.tasks import Task
from studies._cli import DataFlags, Folder, main, opened
from studies._optimizers_report import draw
from studies._took import took

KNOWN = "sgd,momentum,nesterov,adagrad,rmsprop,adadelta,adam,adamw,nadam,lion"
WIDER, WIDENINGS = 10**0.5, 1  # by how much everyone's space grows, and how often at most
FREE = ("updates", "examples", "epochs")  # currencies in which two gradients cost as one


@dataclass(frozen=True)
class Optimizers(DataFlags):
    """Flags of the optimizer comparison."""

    optimizers: str = KNOWN
    """Names out of the catalogue, separated by commas; or all."""
    tasks: str = "digits,mnist1d,diabetes"
    """Bundled tasks, separated by commas; ignored with --data."""
    trials: int = 12
    """Learning rates tried for each optimizer."""
    splits: int = 5
    """Splits of the data; with one the verdict holds on this split only."""
    audit_seeds: int | None = None
    """Report seeds on which every trial is run for the verdict; by default all of them."""
    timed: bool = True
    """Whether each program is timed alone, so that the table says what a run takes in seconds."""
    epochs: float = 20
    """Budget of every run, in passes over the training rows."""
    budget: str = ""
    """Another budget in place of --epochs: CURRENCY=AMOUNT, such as flops=4e8 or seconds=0.05."""
    batch_sizes: str = "32"
    """Examples per update, separated by commas; rates are tuned for each."""
    schedules: str = "cosine_decay_schedule,constant_schedule"
    """Learning-rate schedules; the first ranks, the others are tuned beside it on one split."""
    margin: float = 0.005
    """The least difference of test losses that counts."""


def run(flags: Optimizers) -> None:
    """Tune, confirm, report, decide, draw."""
    if flags.from_ is not None:
        draw(opened(flags.from_, "optimizers"), Folder(flags, "optimizers"))
        return
    require(flags.splits >= 1, f"--splits must be at least 1, given {flags.splits}.")
    budget = _budget(flags)
    catalogue = lab.optimizers.CATALOG
    asked = list(catalogue) if flags.optimizers == "all" else _listed(flags.optimizers)
    left_out = {n: reason for n in asked if (reason := _needs_more(catalogue[n], budget))}
    names = [name for name in asked if name not in left_out]
    require(len(names) > 0, f"--optimizers: none can be ranked: {left_out}.")
    schedules = _listed(flags.schedules)
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
    folder, parts, declared, begin = Folder(flags, "optimizers"), {}, {}, time.perf_counter()
    for label, (task, comparison) in planned.items():
        made, comparison = _compare(label, task, comparison, schedules[1:], folder, flags.timed)
        parts |= {f"{label}/{kind}": part for kind, part in made.items()}
        declared[label] = comparison.declared() | {"sha256": comparison.sha256, "kind": task.kind}
    described = {"flags": {k: str(v) for k, v in vars(flags).items()}, "comparisons": declared}
    draw(folder.finish(parts, described | {"left_out": left_out}), folder)
    print(took(parts.values(), time.perf_counter() - begin))


def _compare(
    label: str, task: Task, comparison: Comparison, others: list[str], folder: Folder, timed: bool
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
    if not flags.budget:
        return lab.Budget(epochs=flags.epochs)
    currency, _, amount = flags.budget.partition("=")
    try:
        number = float(amount)
    except ValueError:
        number = float("nan")
    known = ("updates", "examples", "gradient_evaluations", "flops", "seconds")
    require(
        currency in known and number > 0,
        f"--budget is CURRENCY=AMOUNT with a currency out of {', '.join(known)} and a positive "
        f"amount, given {flags.budget!r}.",
    )
    amount_of: dict[str, Any] = {
        currency: int(number) if currency in ("updates", "examples") else number
    }
    return lab.Budget(**amount_of)


def _tasks(flags: Optimizers) -> Sequence[tuple[str, Task, int]]:
    """Every task at every batch size, with a name."""
    table = flags.own_table()
    if table is not None:
        tasks = [lab.tasks.supervised(lab.data.source(table))]
    else:
        names = _listed(flags.tasks)
        tasks = [lab.tasks.CATALOG[name].make() for name in names[: 1 if flags.smoke else None]]
    sizes = _listed(flags.batch_sizes)
    require(
        all(size.isdigit() and int(size) > 0 for size in sizes),
        f"--batch-sizes must be whole numbers of at least 1, given {flags.batch_sizes!r}.",
    )
    return [
        (task.name if len(sizes) == 1 else f"{task.name}, batch {size}", task, int(size))
        for task in tasks
        for size in sizes
    ]


def _listed(names: str) -> list[str]:
    listed: list[Any] = [name.strip() for name in names.split(",") if name.strip()]
    require(len(listed) > 0, f"names are separated by commas, at least one; given {names!r}.")
    return listed


if __name__ == "__main__":
    main(Optimizers, run)
