"""The planned comparisons, one for each task and batch size, and what they run."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import lab
from lab import protocol
from lab.protocol import Comparison
from lab.study import DataSettings, Parts, flags
from lab.tasks import Task
from lab.validation.errors import require

FREE = ("updates", "examples", "epochs")  # currencies in which two gradients cost as one


@dataclass(frozen=True)
class Optimizers(DataSettings):
    """Of the optimizer comparison."""

    seeds: Annotated[int, flags.whole(2, 100_000)] = 12
    """Fresh seeds for curves, and as many others for the report."""
    optimizers: Annotated[
        tuple[str, ...], flags.names(lambda: lab.optimizers.CATALOG, all_of_them=True)
    ] = (
        "sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adadelta", "adam", "adamw", "nadam",
        "lion",
    )  # fmt: skip
    """Names out of the catalogue, separated by commas; or all."""
    tasks: Annotated[tuple[str, ...], flags.names(lambda: lab.tasks.CATALOG)] = (
        "digits",
        "mnist1d",
        "diabetes",
    )
    """Bundled tasks, separated by commas; ignored with --data."""
    trials: Annotated[int, flags.whole(1, 1_000)] = 12
    """Learning rates tried for each optimizer."""
    splits: Annotated[int, flags.whole(1, 1_000)] = 5
    """Splits of the data; with one the verdict holds on this split only."""
    audit_seeds: Annotated[int | None, flags.whole(1, 100_000)] = None
    """Report seeds on which every trial is run for the verdict; by default all of them."""
    timed: Annotated[bool, flags.on()] = True
    """Whether each program is timed alone, so that the table says what a run takes in seconds."""
    epochs: Annotated[float, flags.number(0, 1e6, ends=False)] = 20
    """Budget of every run, in passes over the training rows."""
    budget: Annotated[tuple[str, float] | None, flags.budget()] = None
    """Another budget in place of --epochs: CURRENCY=AMOUNT, such as flops=4e8 or seconds=0.05."""
    batch_sizes: Annotated[tuple[int, ...], flags.wholes(1, 1_000_000)] = (32,)
    """Examples per update, separated by commas; rates are tuned for each."""
    schedules: Annotated[tuple[str, ...], flags.names(lambda: lab.schedules.CATALOG)] = (
        "cosine_decay_schedule",
        "constant_schedule",
    )
    """Learning-rate schedules; the first ranks, the others are tuned beside it on one split."""
    margin: Annotated[float, flags.number(0, 1e6)] = 0.005
    """The least difference of test losses that counts."""
    tune_seeds: int = 3
    evaluations: int = 20  # points of a curve
    wider: float = 10**0.5  # by how much everyone's space grows, once, if somebody is at its edge

    def check(self) -> None:
        """Somebody must be left to be ranked."""
        super().check()
        require(len(self.ranked) > 0, f"--optimizers: none can be ranked: {self.left_out}.")

    @property
    def spends(self) -> lab.Budget:
        """The budget of every run."""
        told: dict[str, Any] = dict([self.budget or ("epochs", self.epochs)])
        return lab.Budget(**told)

    @property
    def left_out(self) -> dict[str, str]:
        """Optimizers that cannot be ranked, and why."""
        reasons = {name: self._needs_more(name) for name in self.optimizers}
        return {name: reason for name, reason in reasons.items() if reason}

    @property
    def ranked(self) -> list[str]:
        """The others."""
        return [name for name in self.optimizers if not self._needs_more(name)]

    def _needs_more(self, name: str) -> str:
        entry = lab.optimizers.CATALOG[name]
        more = "needs more information than a stochastic gradient"
        if "learning_rate" not in entry.search_space:
            return "has no learning rate to tune"
        if entry.gradients_used is not None:
            return f"{more}: its line search takes as many gradients as the data make it take"
        if entry.gradient_evaluations != 1 and self.spends.currency in FREE:
            return (
                f"{more}, at the price of {entry.gradient_evaluations:g} gradients an update; "
                "declare the budget in gradient_evaluations, flops or seconds to rank it"
            )
        return ""


def planned(s: Optimizers) -> Iterator[tuple[str, str, Comparison]]:
    """Label, task, and plan of every comparison."""
    spaces = {n: lab.optimizers.CATALOG[n].search_space["learning_rate"] for n in s.ranked}
    for name in s.tasks if s.data is None else (s.data.stem,):
        for size in s.batch_sizes:
            plan = Comparison(
                {name: name for name in s.ranked}, spaces, s.spends, trials=s.trials,
                splits=tuple(s.numbers(s.splits)), tune_seeds=s.tune_seeds, confirm_seeds=s.seeds,
                report_seeds=s.seeds, audit_seeds=s.audit_seeds and min(s.seeds, s.audit_seeds),
                schedule=s.schedules[0], batch_size=size, evaluations=s.evaluations,
                margin=s.margin, draw=s.numbers(1)[0], first=s.numbers(1)[0],
            )  # fmt: skip
            yield name if len(s.batch_sizes) == 1 else f"{name}, batch {size}", name, plan


def parts(s: Optimizers) -> Parts:
    """Of every comparison, one after the other."""
    table = s.own_table()
    for label, name, plan in planned(s):
        made = (
            lab.tasks.CATALOG[name].make()
            if table is None
            else lab.tasks.supervised(lab.data.source(table))
        )
        yield from compared(s, label, made, plan)


def compared(s: Optimizers, label: str, task: Task, plan: Comparison) -> Parts:
    """Tune, widen every space if need be, confirm, report, and run all trials for the verdict."""
    tuning = yield f"{label}/tuning", lambda held: plan.tune(task, extend=held)
    if protocol.at_the_edge(plan, tuning):
        plan = plan.widen(s.wider)
        tuning = yield f"{label}/tuning widened", lambda held: plan.tune(task, extend=held)
    chosen = protocol.chosen_trials(protocol.select(tuning))
    confirmed = {n: [row | {"schedule": plan.schedule} for row in chosen[n]] for n in chosen}
    if s.schedules[1:]:
        scheduled = yield (
            f"{label}/schedules",
            lambda held: plan.tune(
                task, schedules=s.schedules[1:], splits=plan.splits[:1], extend=held
            ),
        )
        more = protocol.chosen_trials(protocol.select(scheduled))
        confirmed = {name: [*rows, *more[name]] for name, rows in confirmed.items()}
    yield f"{label}/confirm", lambda held: plan.confirm(task, confirmed, held, timed=s.timed)
    yield f"{label}/report", lambda held: plan.report(task, chosen, held)
    yield f"{label}/audit", lambda held: plan.audit(task, held)
    if task.kind in ("classification", "regression"):
        yield f"{label}/baselines", lambda _: protocol.baselines(task, plan.splits)
