"""Random trials of optimizers on many splits: what selects them, and what they would report."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

import numpy as np
import xarray as xr

import lab
from lab import protocol
from lab.search import CATALOG, Configuration, Float, Space
from lab.study import Parts, Settings, flags

# Label, name in the catalogue, what is searched (number, low, high, scale), and the numbers of who
# has not tuned.
Ranges: TypeAlias = tuple[tuple[str, float, float, str], ...]
Arm: TypeAlias = tuple[str, str, Ranges, tuple[tuple[str, float], ...]]
ADAM = "Adam, rate only"  # what the others are held against
RATE = "learning_rate"
# Ranges of rates are those of the catalogue, but for Adam with four numbers, which is to be bold;
# defaults are those of Keras 3.
ARMS: tuple[Arm, ...] = (
    ("SGD", "sgd", ((RATE, 1e-3, 1e1, "log"),), ((RATE, 0.01),)),
    (
        "momentum, 2 numbers", "momentum",
        ((RATE, 1e-4, 1e0, "log"), ("momentum", 0.0, 0.99, "linear")),
        ((RATE, 0.01), ("momentum", 0.9)),
    ),
    (ADAM, "adam", ((RATE, 1e-4, 1e-1, "log"),), ((RATE, 0.001),)),
    (
        "Adam, 4 numbers", "adam",
        (
            (RATE, 1e-5, 1e0, "log"), ("b1", 0.0, 0.99, "linear"), ("b2", 0.8, 0.9999, "linear"),
            ("eps", 1e-10, 1e0, "log"),
        ),
        ((RATE, 0.001),),
    ),
    ("RMSProp", "rmsprop", ((RATE, 1e-5, 1e-1, "log"),), ((RATE, 0.001),)),
    ("AdaGrad", "adagrad", ((RATE, 1e-3, 1e0, "log"),), ((RATE, 0.001),)),
)  # fmt: skip


@dataclass(frozen=True)
class BudgetMatters(Settings):
    """Of the study of tuning budgets."""

    seeds: Annotated[int, flags.whole(2, 100_000)] = 16
    """Splits, each with trials and seeds of its own: the unit of every interval."""
    runs: int = 2  # fresh seeds on which each trial's test loss is measured; one selects
    trials: int = 32
    width: int = 32  # of the hidden layer
    updates: int = 300
    arms: tuple[Arm, ...] = ARMS
    narrow: Ranges = ((RATE, 1e-4, 1e-2, "log"),)  # for all arms of which only the rate is searched


def parts(s: BudgetMatters) -> Parts:
    """Every arm over its own space and as it comes; where the rate is all, over one range, too."""
    for arm in s.arms:
        yield from _of_arm(s, *arm)


def _of_arm(
    s: BudgetMatters, label: str, rule: str, ranges: Ranges, default: tuple[tuple[str, float], ...]
) -> Parts:
    yield f"own/{label}", lambda _: searched(s, rule, ranges)
    yield f"default/{label}", lambda _: measured(s, rule, [[dict(default)]] * s.seeds)
    if len(ranges) == 1:
        yield f"narrow/{label}", lambda _: searched(s, rule, s.narrow)


def searched(s: BudgetMatters, rule: str, ranges: Ranges) -> xr.Dataset:
    """Losses (split, trial) of random settings, others on every split."""
    space = Space({n: Float(low, high, log=scale == "log") for n, low, high, scale in ranges})
    random = CATALOG["random"].rounds
    rounds = [next(random(space, s.trials, split, s.trials)) for split in s.numbers(s.seeds)]
    return measured(s, rule, [list(one.trials.values()) for one in rounds])


def measured(s: BudgetMatters, rule: str, drawn: Sequence[Sequence[Configuration]]) -> xr.Dataset:
    """`validation` and `test` losses (split, trial); one that has not learnt anything has ln 10."""
    task = lab.tasks.CATALOG["digits"].make(widths=(s.width,))

    def trials(phase: int, runs: int) -> dict[str, list[dict[str, Any]]]:
        return {
            rule: [
                {**one, "split": split, "seed": phase + split * runs + run}
                for split, some in zip(s.numbers(s.seeds), drawn)
                for one in some
                for run in range(runs)
            ]
        }

    settings: Any = {
        "budget": lab.Budget(gradient_evaluations=s.updates),
        "evaluations": 1,
        "schedule": "cosine_decay_schedule",
        "progress": False,
    }
    tuning = lab.sweep(task, [rule], trials=trials(protocol.TUNE, 1), **settings)
    audited = protocol.audit(task, [rule], trials(protocol.REPORT, s.runs), **settings)
    seen, told = (
        np.fmin(losses.values, np.log(10)).reshape(s.seeds, len(drawn[0]), -1).mean(-1)
        for losses in (tuning.validation_loss.isel(step=-1), audited.test_loss)
    )
    return xr.Dataset(
        {"validation": (("split", "trial"), seen), "test": (("split", "trial"), told)}
    )
