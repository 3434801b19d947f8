"""The runs of the schedule study: tuned pairs, rates under two schedules, lengths of warm-up."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

import numpy as np
import optax

import lab
from lab import optimizers, protocol
from lab.catalog import ScheduleEntry
from lab.schedules import CATALOG, warmup_constant_schedule
from lab.study import Parts, Settings, flags

CONSTANT, COSINE, PLATEAU = "constant_schedule", "cosine_decay_schedule", "reduce_on_plateau"


@dataclass(frozen=True)
class Schedules(Settings):
    """Of the study of schedules."""

    seeds: Annotated[int, flags.whole(2, 100_000)] = 12
    """Fresh seeds of the comparison, on which nothing was tuned."""
    updates: Annotated[int, flags.whole(10, 10_000_000)] = 400
    """Updates of every run of the comparison."""
    task: str = "digits"
    batch: int = 32
    schedules: tuple[str, ...] = tuple(CATALOG)
    # two decades for each, declared beforehand, around the middle of its usual range
    peaks: tuple[tuple[str, float, float], ...] = (
        ("sgd", 0.03, 3.0),
        ("momentum", 0.003, 0.3),
        ("adam", 1e-3, 0.1),
        ("adamw", 1e-3, 0.1),
        ("lion", 1e-4, 0.01),
    )
    trials: int = 8
    tuning_seeds: int = 4
    points: int = 10  # of a curve
    plateau: tuple[float, int, int] = (0.3, 5, 10)  # factor, patience, updates in a mean
    many: int = 32  # seeds where nothing is chosen
    shift_ends: tuple[float, float] = (1e-3, 0.1)
    shift_rates: int = 17
    shift_updates: int = 1000
    warmups: tuple[int, ...] = (0, 3, 10, 30, 100, 300)
    limits: tuple[tuple[str, float, float], ...] = (("sgd", 0.2, 5.0), ("adam", 0.01, 0.5))
    limit_rates: int = 32
    warmup_updates: int = 400


def parts(s: Schedules) -> Parts:
    """Tuning and report of schedules and of reduce on plateau; the shift; warm-ups."""
    names = [name for name, *_ in s.peaks]
    yield from tuned(s, "schedule", {name: name for name in names}, s.schedules)
    yield from tuned(s, "plateau", {n: falling(n, *s.plateau) for n in names}, (CONSTANT,))
    seeds, rates = s.numbers(s.many), np.geomspace(*s.shift_ends, s.shift_rates)
    axes: Any = {"schedule": [CONSTANT, COSINE], "learning_rate": rates}
    yield "shift", swept(s, ["adam"], seeds, s.shift_updates, axes=axes)
    for name, low, high in s.limits:
        rates = np.geomspace(low, high, s.limit_rates)
        axes = {"schedule": [warmup(w) for w in s.warmups], "learning_rate": rates}
        yield f"warmup/{name}", swept(s, [name], seeds, s.warmup_updates, axes=axes, evaluations=4)


def tuned(s: Schedules, kind: str, rules: Mapping[str, Any], schedules: tuple[str, ...]) -> Parts:
    """Peaks chosen on tuning seeds by validation loss, and measured on fresh ones by test loss."""
    trials = {
        name: [{"learning_rate": float(rate)} for rate in np.geomspace(low, high, s.trials)]
        for name, low, high in s.peaks
    }
    seeds, axes = s.numbers(s.tuning_seeds, protocol.TUNE), {"schedule": list(schedules)}
    tuning = yield f"tuning/{kind}", swept(s, rules, seeds, s.updates, axes=axes, trials=trials)
    chosen = protocol.chosen_trials(protocol.select(tuning))
    yield f"report/{kind}", lambda held: protocol.report(
        lab.tasks.CATALOG[s.task].make(), rules, chosen, seeds=s.numbers(s.seeds, protocol.REPORT),
        budget=lab.Budget(updates=s.updates), batch_size=s.batch, evaluations=s.points,
        split=s.numbers(1)[0], progress=False, extend=held,
    )  # fmt: skip


def swept(s: Schedules, rules: Any, seeds: list[int], updates: int, **more: Any) -> lab.Sweep:
    """A sweep on the task and split of the study."""
    settings: dict[str, Any] = {"evaluations": s.points, **more}
    return lab.Sweep(
        s.task, rules, seeds=seeds, budget=lab.Budget(updates=updates), batch_size=s.batch,
        split=s.numbers(1)[0], **settings,
    )  # fmt: skip


@cache  # made once: it names compiled programs
def falling(name: str, factor: float, patience: int, averaged: int) -> Callable[..., Any]:
    """Optimizer `name`, its rate multiplied by `factor` when the loss has stopped falling.

    Losses are averaged over some updates; `patience` means in a row without a new best are a
    plateau.
    """

    def factory(learning_rate):
        return optax.chain(
            optimizers.CATALOG[name].by_hand(learning_rate),
            optimizers.reduce_on_plateau(factor, patience=patience, accumulation_size=averaged),
        )

    return factory


@cache
def warmup(length: int) -> ScheduleEntry:
    """A linear rise over `length` updates, from a hundredth of the rate; then constant."""

    def over(peak, steps):
        del steps
        return warmup_constant_schedule(0.01 * peak, peak, length)

    return ScheduleEntry(
        name=f"warmup_{length}",
        by_hand=warmup_constant_schedule,
        via_optax=None,
        over=over if length else CATALOG[CONSTANT].over,
        reference="Goyal et al. 2017, section 2.2",
    )
