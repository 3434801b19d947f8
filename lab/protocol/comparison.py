"""A planned comparison: everything declared, and hashed, before anything is run."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import xarray as xr

from lab.budget import Budget
from lab.protocol.reporting import audit, report
from lab.protocol.tuning import CONFIRM, REPORT, TUNE, phase_seeds
from lab.spaces import Float
from lab.sweeps.sweep import sweep
from lab.tasks.task import Task
from lab.validation.checks import check_fields
from lab.validation.errors import require
from lab.validation.kinds import Count, NotNegative, Positive, Whole, plain

Trials = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Comparison:
    """Who is compared, over which spaces, at what cost: the same for everyone.

    Attributes:
      optimizers: From labels to catalogue names, entries or factories, as for `lab.sweep`.
      spaces: The learning rates over which each label is tuned: `Float(low, high, log=True)`.
      budget: Of every run.
      trials: Settings tried for each optimizer.
      splits: Seeds of the train/validation/test splits. One tells of this split only; five are the
        least that a verdict about the data needs.
      tune_seeds: Runs of each trial on each split that select.
      confirm_seeds: Fresh runs of the selected setting, for curves and times to target.
      report_seeds: Fresh runs measured on the test split.
      audit_seeds: Report seeds on which every trial is run, for the verdict; None for all.
      schedule: Of the learning rate, over the budget.
      batch_size: Examples per update.
      evaluations: Points of each curve.
      margin: The least difference of test losses that counts.
      draw: Seed of the trials.
      first: Seed with which those of every phase begin.
    """

    optimizers: Mapping[str, Any]
    spaces: Mapping[str, Float]
    budget: Budget
    trials: Count = 12
    splits: tuple[Whole, ...] = (0, 1, 2, 3, 4)
    tune_seeds: Count = 3
    confirm_seeds: Count = 12
    report_seeds: Count = 12
    audit_seeds: Count | None = None
    schedule: str = "cosine_decay_schedule"
    batch_size: Count = 32
    evaluations: Count = 20
    margin: NotNegative = 0.005
    draw: Whole = 0
    first: Whole = 0
    widened: Positive = field(default=1.0)  # by what the declared spaces were widened

    def __post_init__(self):
        check_fields(self)
        require(
            set(self.optimizers) == set(self.spaces) and len(self.spaces) > 0,
            f"every optimizer needs a space, given optimizers {sorted(self.optimizers)} and spaces "
            f"{sorted(self.spaces)}.",
        )
        linear = [label for label, space in self.spaces.items() if not space.log]
        require(not linear, f"spaces must be of Floats with log=True, given others for {linear}.")
        require(
            len(self.splits) >= 1 and len(set(self.splits)) == len(self.splits),
            f"splits must be distinct seeds, at least one; given {self.splits}.",
        )

    @classmethod
    def from_declared(cls, told: Mapping[str, Any]) -> "Comparison":
        """The comparison that `declared` described; extra entries are ignored."""
        known = {name: told[name] for name in cls.__dataclass_fields__ if name in told}
        return cls(
            **known
            | {
                "spaces": {label: Float(*ends, log=True) for label, ends in told["spaces"].items()},
                "budget": Budget(**told["budget"]),
                "splits": tuple(told["splits"]),
            }
        )

    @property
    def sha256(self) -> str:
        """Of the whole declaration."""
        return hashlib.sha256(json.dumps(self.declared(), sort_keys=True).encode()).hexdigest()

    def declared(self) -> dict[str, Any]:
        """The declaration as plain values, for the record."""
        told = vars(self) | {
            "optimizers": {label: _name(given) for label, given in self.optimizers.items()},
            "spaces": {label: [s.low, s.high] for label, s in self.spaces.items()},
            "budget": {self.budget.currency: self.budget.amount},
            "splits": list(self.splits),
        }
        return json.loads(json.dumps(told, default=plain))

    def rates(self) -> Trials:
        """The trials of each optimizer: one rate drawn from each of `trials` equal parts of log η.

        The draws of a label depend on its name and on `draw` alone, so that two labels of one
        optimizer are tuned independently. Ascending.
        """
        return {label: self._drawn(label, space) for label, space in self.spaces.items()}

    def _drawn(self, label: str, space: Float) -> list[dict[str, float]]:
        name = int.from_bytes(hashlib.sha256(label.encode()).digest()[:8], "little")
        place = np.random.default_rng([self.draw, name]).uniform(size=self.trials)
        share = (np.arange(self.trials) + place) / self.trials
        return [{"learning_rate": space.at(u)} for u in share]

    def widen(self, factor: float) -> "Comparison":
        """The same comparison with everybody's space wider by `factor` at both ends."""
        spaces = {
            label: replace(space, low=space.low / factor, high=space.high * factor)
            for label, space in self.spaces.items()
        }
        return replace(self, spaces=spaces, widened=self.widened * factor)

    def tune(
        self, task: Task, *, schedules: tuple[str, ...] = (), splits: tuple[int, ...] = (),
        extend: xr.Dataset | None = None,
    ) -> xr.Dataset:  # fmt: skip
        """All trials on the tuning seeds: validation losses (optimizer, trial, split, seed, step).

        With `schedules` these are a further axis.
        """
        axes: dict[str, Any] = {"split": splits or self.splits}
        axes |= {"schedule": schedules} if schedules else {}
        return sweep(
            task, self.optimizers, trials=self.rates(), seeds=self._seeds(TUNE, self.tune_seeds),
            axes=axes, extend=extend, **self._settings(bool(schedules)),
        )  # fmt: skip

    def confirm(
        self, task: Task, chosen: Trials, extend: xr.Dataset | None = None, *, timed: bool = True
    ) -> xr.Dataset:
        """The chosen settings on fresh seeds, measured on validation rows along the way.

        `timed` says whether each program is timed alone, so that runs are charged in seconds too.
        """
        seeds = self._seeds(CONFIRM, self.confirm_seeds)
        return sweep(
            task, self.optimizers, trials=chosen, seeds=seeds, extend=extend,
            timed=timed, **self._settings("schedule" in _first(chosen)),
        )  # fmt: skip

    def report(self, task: Task, chosen: Trials, extend: xr.Dataset | None = None) -> xr.Dataset:
        """The chosen settings on fresh seeds, measured on the test rows."""
        seeds = self._seeds(REPORT, self.report_seeds)
        return report(
            task, self.optimizers, chosen, seeds=seeds, extend=extend,
            **self._settings("schedule" in _first(chosen)),
        )  # fmt: skip

    def audit(self, task: Task, extend: xr.Dataset | None = None) -> xr.Dataset:
        """All trials on the report seeds: test losses (optimizer, trial, split, seed)."""
        seeds = self._seeds(REPORT, self.audit_seeds or self.report_seeds)
        return audit(
            task, self.optimizers, self.rates(), seeds=seeds, axes={"split": self.splits},
            extend=extend, **self._settings(False) | {"evaluations": 1},
        )  # fmt: skip

    def _seeds(self, phase: int, count: int) -> list[int]:
        return [self.first + seed for seed in phase_seeds(phase, count)]

    def _settings(self, scheduled: bool) -> Any:
        settings: Any = {
            "budget": self.budget,
            "batch_size": self.batch_size,
            "evaluations": self.evaluations,
        }
        return settings if scheduled else settings | {"schedule": self.schedule}


def _first(chosen: Trials) -> dict[str, Any]:
    return next(iter(chosen.values()))[0]


def _name(given: Any) -> str:
    return given if isinstance(given, str) else getattr(given, "name", None) or given.__name__
