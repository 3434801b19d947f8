"""What the statistics say of one planned comparison, from its records alone."""

from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr

from lab import protocol, statistics
from lab.protocol import Comparison
from lab.statistics import Interval, Survival, TimeToTarget

MANY = 5  # splits from which on they are the units of an interval


class Result:
    """One task at one batch size. Arrays over runs are [split, seed, ...]."""

    def __init__(self, name: str, node: xr.DataTree, declared: dict[str, Any]):
        self.name, self.kind = name, declared["kind"]
        self.comparison = Comparison.from_declared(declared)
        parts = {str(kind): child.to_dataset() for kind, child in node.children.items()}
        self.tuning, self.audited = parts["tuning"], parts["audit"]
        self.confirm, self.report = parts["confirm"], parts["report"]
        self.scheduled, self.baselines = parts.get("schedules"), parts.get("baselines")
        self.verdict = protocol.decide(self.comparison, self.tuning, self.audited)
        self.splits = len(self.comparison.splits)

    @property
    def swept(self) -> list[xr.Dataset]:
        """Every record that stands beside others in a figure."""
        parts = [self.tuning, self.audited, self.confirm, self.report, self.scheduled]
        return [part for part in parts if part is not None]

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

    def reached(self, name: str, share: float, currency: str | None = None) -> TimeToTarget:
        """When each run got to the target that the reference reaches at `share` of the budget."""
        mine = self.confirm.validation_loss.sel(optimizer=name).isel(trial=range(self.splits))
        values = mine.transpose("trial", "seed", "step").values
        return statistics.time_to_target(values, self.spent(name, currency), self.targets[share])

    def survival(self, share: float) -> dict[str, Survival]:
        """Kaplan–Meier curves of the time to a target, runs of all splits together."""

        def runs(reached: TimeToTarget) -> TimeToTarget:
            return TimeToTarget(reached.time.ravel(), reached.hit.ravel())

        return {
            name: statistics.kaplan_meier(runs(self.reached(name, share)))
            for name in self.verdict.ranked
        }

    def times(self, share: float) -> np.ndarray:
        """Median time to a target, [optimizer, split], in the order of the tuning record."""
        names = self.tuning.optimizer.values.tolist()
        return np.stack([statistics.median_time(self.reached(n, share), axis=-1) for n in names])

    def best_of(self, name: str) -> Interval:
        """Expected test loss of the best of k trials, selected by validation loss; [k]."""
        at = {"optimizer": name}
        seen = self.tuning.validation_loss.isel(step=-1).sel(at).mean("seed")
        told = self._finite(self.audited.test_loss.sel(at)).mean("seed")
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

    def sensitivity(self) -> dict[str, statistics.Sensitivity]:
        """Of each optimizer to its learning rate: within a tenth of what training gains."""
        final = self.tuning.validation_loss.isel(step=-1)
        best = float(final.min())
        found = {}
        for name in self.verdict.ranked:
            runs = final.sel(optimizer=name).transpose("trial", "split", "seed").values
            rates = self.tuning.learning_rate.sel(optimizer=name).values
            found[name] = statistics.rate_sensitivity(
                runs.reshape(len(rates), -1), rates, 0.1 * (self.untrained - best), self.untrained
            )
        return found

    def diverged(self, name: str) -> float:
        """Share of the report's runs that diverged."""
        return float((self.report.diverged_at.sel(optimizer=name) >= 0).mean())

    def _finite(self, losses: xr.DataArray) -> xr.DataArray:
        return losses.where(losses < self.untrained, self.untrained)


def over_units(values: np.ndarray) -> Interval:
    """Mean of [split, seed, ...] with its 95 % t interval over splits; over seeds of a single one.

    Of fewer than `MANY` splits the interval over seeds is given: it holds for these splits.
    """
    if len(values) >= MANY:
        return statistics.mean_interval(values.mean(1), axis=0)
    merged = values.mean(0)
    if len(merged) < 2:
        return Interval(merged[0], np.full_like(merged[0], np.nan), np.full_like(merged[0], np.nan))
    return statistics.mean_interval(merged, axis=0)
