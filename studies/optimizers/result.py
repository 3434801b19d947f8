"""What the statistics say of one planned comparison, from its records alone."""

from collections.abc import Mapping
from functools import cached_property

import numpy as np
import xarray as xr

from lab import protocol, statistics
from lab.protocol import SHARES, Comparison
from lab.statistics import Interval, TimeToTarget
from lab.study import Record
from studies.optimizers.runs import Optimizers, planned

MANY = 5  # splits from which on they are the units of an interval
USUAL = SHARES[1]  # the share of the reference's budget that declares the usual target


def results(record: Record[Optimizers]) -> "dict[str, Result]":
    """By label; found once for a record, as claims, tables and figures need all of it."""
    known = vars(record)
    if "results" not in known:
        swept = [part for label, part in record.items() if not label.endswith("/baselines")]
        protocol.comparable(*swept)
        s = record.settings
        known["results"] = {
            label: Result(label, plan, record.under(label), s.wider)
            for label, _, plan in planned(s)
        }
    return known["results"]


class Result:
    """One task at one batch size. Arrays over runs are [split, seed, ...]."""

    def __init__(self, name: str, plan: Comparison, parts: Mapping[str, xr.Dataset], wider: float):
        self.name = name
        self.widened = "tuning widened" in parts
        self.comparison = plan.widen(wider) if self.widened else plan
        self.tuning, self.audited = parts["tuning" + " widened" * self.widened], parts["audit"]
        self.confirm, self.report = parts["confirm"], parts["report"]
        self.scheduled, self.baselines = parts.get("schedules"), parts.get("baselines")
        self.verdict = protocol.decide(self.comparison, self.tuning, self.audited)
        self.splits = len(self.comparison.splits)

    @cached_property
    def rates(self) -> dict[str, float]:
        """The rate with the least validation loss over all splits: what to use."""
        final = self.tuning.validation_loss.isel(step=-1, drop=True).mean(("split", "seed"))
        trial = final.reset_coords(drop=True).argmin("trial")
        chosen = self.tuning.learning_rate.isel(trial=trial)
        return {str(name): float(chosen.sel(optimizer=name)) for name in chosen.optimizer.values}

    @cached_property
    def untrained(self) -> float:
        """Validation loss before the first update."""
        return float(self.tuning.validation_loss.isel(step=0).median())

    @cached_property
    def targets(self) -> dict[float, float]:
        """Validation losses declared by the tuning: by share of the budget of the reference."""
        names = self.tuning.optimizer.values.tolist()
        reference = "adamw" if "adamw" in names else self.verdict.ranked[0]
        selection = protocol.select(self.tuning)
        return {
            share: protocol.target_loss(self.tuning, selection, reference, share)
            for share in protocol.SHARES
        }

    @property
    def currency(self) -> str:
        """What the horizontal axis of a curve counts."""
        declared = self.comparison.budget.currency
        return "examples" if declared in ("epochs", "updates") else declared

    def spent(self, name: str, currency: str | None = None) -> np.ndarray:
        """How much of a currency was spent at each evaluation, [T]."""
        amounts = self.confirm[currency or self.currency]
        return (amounts.sel(optimizer=name) if "optimizer" in amounts.dims else amounts).values

    def curves(self, schedule: str) -> dict[str, tuple[np.ndarray, Interval]]:
        """Validation loss along the way of the settings chosen under a schedule."""
        found = {}
        for name in self.verdict.ranked:
            mine = self.confirm.sel(optimizer=name)
            rows = np.flatnonzero(mine.schedule.values == schedule)
            values = mine.validation_loss.isel(trial=rows).transpose("trial", "seed", "step").values
            found[name] = self.spent(name), over_units(values)
        return found

    @cached_property
    def schedules(self) -> list[str]:
        """The main one first."""
        others = [] if self.scheduled is None else self.scheduled.schedule.values.tolist()
        return [self.comparison.schedule, *others]

    def reached(self, name: str) -> TimeToTarget:
        """When each run got to the usual target, [split, seed]."""
        mine = self.confirm.validation_loss.sel(optimizer=name).isel(trial=range(self.splits))
        values = mine.transpose("trial", "seed", "step").values
        return statistics.time_to_target(values, self.spent(name), self.targets[USUAL])

    def merged(self, name: str) -> TimeToTarget:
        """The same, runs of all splits together."""
        return TimeToTarget(*(values.ravel() for values in self.reached(name)))

    def best_of(self, name: str) -> Interval:
        """Expected test loss of the best of k trials, selected by validation loss; [k]."""
        at = {"optimizer": name}
        seen = self.tuning.validation_loss.isel(step=-1).sel(at).mean("seed")
        told = self.audited.test_loss.sel(at)
        told = told.where(told < self.untrained, self.untrained).mean("seed")
        by, values = (x.transpose("split", "trial").values for x in (seen, told))
        ks = range(1, self.comparison.trials + 1)
        expected = np.stack([statistics.expected_best(values, k, by=by) for k in ks], axis=-1)
        return over_units(expected[:, None, :])

    def heat(self) -> xr.DataArray | None:
        """Tuned validation loss (optimizer, schedule) on the first split."""
        if self.scheduled is None:
            return None
        main = self.tuning.validation_loss.isel(step=-1, split=0).reset_coords(drop=True)
        main = main.expand_dims(schedule=[self.comparison.schedule])
        others = self.scheduled.validation_loss.isel(step=-1, split=0).reset_coords(drop=True)
        final = xr.concat([main, others], "schedule").mean("seed").min("trial")
        return final.transpose("optimizer", "schedule").sel(optimizer=self.verdict.ranked)

    def tested(self, name: str, metric: str) -> np.ndarray:
        """A test metric of the chosen setting, [split, seed]."""
        return self.report[metric].sel(optimizer=name).transpose("trial", "seed", ...).values

    def capped(self, name: str) -> np.ndarray:
        """Its test loss; a run that is worse than before training counts as not trained."""
        return np.fmin(self.tested(name, "test_loss"), self.untrained)

    def tuned(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Its learning rates [trial], and final validation losses [trial, run]."""
        mine = self.tuning.sel(optimizer=name)
        losses = mine.validation_loss.isel(step=-1).transpose("trial", "split", "seed").values
        return mine.learning_rate.values, losses.reshape(len(losses), -1)

    def decades(self, name: str, *units: str) -> np.ndarray:
        """Of rates within a tenth of what training gains, for each of `units`; of medians else."""
        every = self.tuning.validation_loss.isel(step=-1)
        losses = every.sel(optimizer=name).transpose(*units, "trial", ...).values
        losses = losses.reshape(*losses.shape[: len(units) + 1], -1)
        rates, gain = self.tuned(name)[0], self.untrained - float(every.min())
        return statistics.basin_width(statistics.median_loss(losses), rates, 0.1 * gain)

    def diverged(self, name: str) -> float:
        """Share of the report's runs that diverged."""
        return float((self.report.diverged_at.sel(optimizer=name) >= 0).mean())

    def baseline(self, metric: str) -> dict[str, float]:
        """A test metric of each baseline, mean over splits."""
        if self.baselines is None:
            return {}
        means = self.baselines[metric].mean("split")
        return dict(zip(means.baseline.values.tolist(), means.values.tolist()))


def units(values: np.ndarray) -> tuple[np.ndarray, str]:
    """Of [split, seed, ...] what an interval is over: splits, or seeds where those are few.

    Of fewer than `MANY` splits the interval over seeds is given: it holds for these splits.
    """
    return (values.mean(1), "splits") if len(values) >= MANY else (values.mean(0), "seeds")


def over_units(values: np.ndarray) -> Interval:
    """Mean with its 95 % t interval over units; without one where there is a single unit."""
    means, _ = units(values)
    if len(means) < 2:
        return Interval(means[0], *(np.full_like(means[0], np.nan) for _ in range(2)))
    return statistics.mean_interval(means, axis=0)
