"""What does a learning-rate schedule buy, and does the best rate move with it?

Every schedule of the catalogue with five optimizers at one budget, the peak rate tuned for each
pair with equally many trials; reduce on plateau among them; the shift of the best rate from
constant to cosine; and how long a warm-up lets how large a rate survive.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import numpy as np
import optax
import xarray as xr

import lab
from lab import optimizers, protocol, records
from lab.catalog import ScheduleEntry
from lab.schedules import CATALOG, warmup_constant_schedule
from lab.study.cli import Flags, Folder, main, opened
from lab.study.flags import Whole
from studies.schedules import report

TASK = "digits"
# Two decades for each, declared beforehand, around the middle of its usual range.
PEAKS = {
    "sgd": (0.03, 3.0),
    "momentum": (0.003, 0.3),
    "adam": (1e-3, 0.1),
    "adamw": (1e-3, 0.1),
    "lion": (1e-4, 0.01),
}
PLATEAU = "reduce_on_plateau"
WARMUPS = (0, 3, 10, 30, 100, 300)
SHIFT_RATES = np.geomspace(1e-3, 0.1, 17)
LIMIT_RATES = {"sgd": np.geomspace(0.2, 5, 32), "adam": np.geomspace(0.01, 0.5, 32)}


@dataclass(frozen=True)
class Schedules(Flags):
    """Flags of the schedule study."""

    updates: Annotated[int, Whole(10, 10_000_000)] = 400
    """Updates of every run of the comparison."""


def falling(name: str, learning_rate, **numbers) -> optax.GradientTransformation:
    """Optimizer `name`, its rate multiplied by 0.3 when the loss has stopped falling.

    Losses are averaged over 10 updates; five means in a row without a new best are a plateau.
    """
    return optax.chain(
        optimizers.CATALOG[name].by_hand(learning_rate, **numbers),
        optimizers.reduce_on_plateau(0.3, patience=5, accumulation_size=10),
    )


def _on_plateau(name: str) -> Callable[..., optax.GradientTransformation]:
    rule = partial(falling, name)

    def factory(learning_rate):
        return rule(learning_rate)

    return factory


FALLING = {name: _on_plateau(name) for name in PEAKS}  # made once: they name compiled programs


def run(flags: Schedules) -> None:
    """Measure all parts, then draw."""
    folder = Folder(flags, "schedules")
    if flags.from_ is not None:
        report.draw(opened(flags.from_, "schedules"), folder)
        return
    smoke = flags.smoke
    names = list(PEAKS)[1:3] if smoke else list(PEAKS)
    schedules = ["constant_schedule", "cosine_decay_schedule"] if smoke else list(CATALOG)
    tune = protocol.phase_seeds(protocol.TUNE, 2 if smoke else 4)
    many = 2 if smoke else 32  # seeds where nothing is chosen
    fresh = protocol.phase_seeds(protocol.REPORT, flags.seeds or (2 if smoke else 12))
    settings = {
        "budget": lab.Budget(updates=30 if smoke else flags.updates),
        "batch_size": 32,
        "evaluations": 10,
        "progress": False,
    }
    parts: dict[str, xr.Dataset] = {}
    chosen: dict[str, list[dict]] = {}
    for kind in ("schedule", "plateau"):
        scheduled = kind == "schedule"
        rules = {name: name if scheduled else FALLING[name] for name in names}
        grid = {
            name: [
                {"learning_rate": float(r)} for r in np.geomspace(*PEAKS[name], 3 if smoke else 8)
            ]
            for name in names
        }
        under = schedules if scheduled else ["constant_schedule"]
        tuning = folder.part(
            f"tuning.{kind}",
            lambda held, rules=rules, grid=grid, under=under: lab.sweep(
                TASK, rules, trials=grid, axes={"schedule": under}, seeds=tune, extend=held,
                **settings,
            ),
        )  # fmt: skip
        chosen = protocol.chosen_trials(protocol.select(tuning))
        parts[f"tuning/{kind}"] = tuning
        parts[f"report/{kind}"] = folder.part(
            f"report.{kind}",
            lambda held, rules=rules, chosen=chosen: protocol.report(
                lab.tasks.CATALOG[TASK].make(), rules, chosen, seeds=fresh, extend=held, **settings
            ),
        )
    rates = SHIFT_RATES[::4] if smoke else SHIFT_RATES
    parts["shift"] = folder.part(
        "shift",
        lambda held: lab.sweep(
            TASK, ["adam"], extend=held, seeds=many, batch_size=32, progress=False,
            axes={
                "schedule": ["constant_schedule", "cosine_decay_schedule"], "learning_rate": rates,
            },
            budget=lab.Budget(updates=30 if smoke else 1000), evaluations=10,
        ),
    )  # fmt: skip
    for name in ("adam",) if smoke else ("sgd", "adam"):
        parts[f"warmup/{name}"] = folder.part(
            f"warmup.{name}",
            lambda held, name=name: lab.sweep(
                TASK, [name], extend=held, seeds=many, batch_size=32, progress=False,
                axes={
                    "schedule": [warmup(w) for w in (WARMUPS[::3] if smoke else WARMUPS)],
                    "learning_rate": LIMIT_RATES[name][:: 8 if smoke else 1],
                },
                budget=lab.Budget(updates=30 if smoke else 400), evaluations=4,
            ),
        )  # fmt: skip
    told = {"smoke": smoke, "warmups": WARMUPS[::3] if smoke else WARMUPS}
    configuration = told | {"optimizers": names, "schedules": schedules}
    parts = {
        name: records.stamp(part, configuration | records.manifest(part)["configuration"])
        for name, part in parts.items()
    }
    report.draw(folder.finish(parts, configuration), folder)


def warmup(length: int) -> ScheduleEntry:
    """A linear rise over `length` updates, from a hundredth of the rate; then constant."""
    return ScheduleEntry(
        name=f"warmup_{length}",
        by_hand=warmup_constant_schedule,
        via_optax=None,
        over=_RISES[length],
        reference="Goyal et al. 2017, section 2.2",
    )


def _rise(length: int):
    if length == 0:
        return CATALOG["constant_schedule"].over

    def over(peak, steps):
        del steps
        return warmup_constant_schedule(0.01 * peak, peak, length)

    return over


_RISES = {length: _rise(length) for length in WARMUPS}


if __name__ == "__main__":
    main(Schedules, run)
