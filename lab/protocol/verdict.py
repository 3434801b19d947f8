"""Who won, said no louder than the numbers allow."""

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

import numpy as np
import xarray as xr

from lab.labelled import holding
from lab.protocol.comparison import Comparison
from lab.protocol.fairness import check_fair
from lab.statistics import Interval, Tuned, seeds_needed, tuned_bootstrap, tuned_loss
from lab.validation.checks import checked
from lab.validation.errors import require
from lab.validation.kinds import Level

FEWEST_TRIALS, FEWEST_SPLITS, REACH = 12, 5, 0.5
RESAMPLES = 4000


class Verdict(NamedTuple):
    """What can be said of one task.

    Attributes:
      ranked: Labels by test loss after tuning, the best first.
      loss: Test loss after tuning of each, in that order, with its own interval.
      behind: How much each loses to the best, simultaneous intervals; 0 for the best itself.
      tied: Labels not to be told from the best by more than the margin; the best first.
      places: [label, place]: how often each label takes each place, over resamples.
      warnings: Sentences that belong beside the result.
    """

    ranked: list[str]
    loss: Interval
    behind: Interval
    tied: list[str]
    places: np.ndarray
    warnings: list[str]

    @property
    def winner(self) -> str | None:
        """The best, if nothing ties with it and the claim may be made."""
        return self.ranked[0] if len(self.tied) == 1 else None


RUN = ("optimizer", "trial", "split", "seed")
ALIKE: Any = {
    "seed": ("seed",),
    "split": ("split",),
    "updates": ("step",),
    "learning_rate": ("optimizer", "trial"),
}
Tuning = Annotated[xr.Dataset, holding("optimizer", **ALIKE, validation_loss=(*RUN, "step"))]
Audited = Annotated[xr.Dataset, holding("optimizer", **ALIKE, test_loss=RUN, diverged_at=RUN)]


@checked
def decide(
    comparison: Comparison, tuning: Tuning, audited: Audited, level: Level = 0.95
) -> Verdict:
    """Rank optimizers by their test loss after tuning; a winner is one that all others lose to.

    The uncertainty is that of the whole procedure: splits, trials (with the selection redone) and
    seeds are drawn again, the same splits and seeds for everyone (`lab.statistics.tuned`).
    Drawing crossed levels again counts the noise of runs more than once: with few splits that is
    on the safe side (`studies.null` measures how far). An
    optimizer loses if its simultaneous (Bonferroni) interval behind the best lies above the
    declared margin. With fewer than 12 trials nobody wins. A run that diverged, or
    ends worse than it began, counts as not trained: with the loss before the first update.

    Args:
      comparison: What was declared.
      tuning: From `comparison.tune`.
      audited: From `comparison.audit`.
      level: Of all intervals together.

    Raises:
      InputError: If a run is missing, the records hold other trials or splits than declared, or
        the comparison is not fair (`lab.protocol.fairness`).
    """
    check(comparison, tuning, audited)
    check_fair(comparison, tuning, audited)
    labels = tuning.optimizer.values.tolist()
    untrained = float(tuning.validation_loss.isel(step=0).median())
    methods = [_losses(tuning, audited, label, untrained) for label in labels]
    loss = np.array([tuned_loss(method) for method in methods])
    drawn = tuned_bootstrap(methods, resamples=RESAMPLES, seed=comparison.draw, stratified=True)
    order = np.argsort(loss, kind="stable")
    loss, drawn, ranked = loss[order], drawn[order], [labels[i] for i in order]
    rivals = max(1, len(labels) - 1)
    own = _interval(loss, drawn, len(comparison.splits), 1 - (1 - level))
    behind = _interval(
        loss - loss[0], drawn - drawn[0], len(comparison.splits), 1 - (1 - level) / rivals
    )
    tied = [n for n, low in zip(ranked, behind.low) if n == ranked[0] or low <= comparison.margin]
    warnings = cautions(comparison, tuning, audited)
    if comparison.trials < FEWEST_TRIALS and len(tied) == 1:
        tied = ranked  # too few trials for the claim
    places = np.argsort(np.argsort(drawn, 0), 0)
    chance = np.stack([(places == place).mean(1) for place in range(len(ranked))], axis=1)
    return Verdict(ranked, own, behind, tied, chance, warnings)


def check(comparison: Comparison, tuning: xr.Dataset, audited: xr.Dataset) -> None:
    """Refuse records that are not those of the declared comparison, whole.

    Raises:
      InputError: Says what is missing, shared or another.
    """
    for name, held in {"tuning": tuning, "report": audited}.items():
        counts = {str(k): v for k, v in held.sizes.items()}
        require(
            sorted(held.optimizer.values.tolist()) == sorted(comparison.optimizers)
            and counts.get("trial") == comparison.trials
            and held["split"].values.tolist() == list(comparison.splits),
            f"the {name} record holds optimizers {held.optimizer.values.tolist()}, "
            f"{counts.get('trial')} trials and splits {held['split'].values.tolist()}; declared "
            f"are {sorted(comparison.optimizers)}, {comparison.trials} and "
            f"{list(comparison.splits)}.",
        )
        column = "test_loss" if name == "report" else "validation_loss"
        require(
            {*held[column].dims} - {"step"} == {*RUN},
            f"the {name} record must have one run for each of {', '.join(RUN)}, given losses "
            f"({', '.join(map(str, held[column].dims))}).",
        )
        require(
            not bool(held[column].isnull().any()),
            f"the {name} record lacks runs: a run that diverged is a result, not a gap.",
        )
    shared = set(tuning.seed.values.tolist()) & set(audited.seed.values.tolist())
    require(not shared, f"tuning and report share the seeds {sorted(shared)}.")
    require(
        np.array_equal(tuning.learning_rate.values, audited.learning_rate.values),
        "tuning and report were run with different trials.",
    )
    spent = [int(held.updates.isel(step=-1).max()) for held in (tuning, audited)]
    require(spent[0] == spent[1], f"tuning took {spent[0]} updates and the report {spent[1]}.")


def cautions(comparison: Comparison, tuning: xr.Dataset, audited: xr.Dataset) -> list[str]:
    """What a reader has to know before believing a ranking."""
    found = []
    splits, pairs = len(comparison.splits), len(comparison.optimizers)
    if splits < FEWEST_SPLITS:
        found.append(
            f"On {'this split' if splits == 1 else 'these splits'}: {splits} of at least "
            f"{FEWEST_SPLITS}, so that another split may rank otherwise."
        )
    if comparison.trials < FEWEST_TRIALS:
        found.append(
            f"Too few trials for a winner: {comparison.trials} of at least {FEWEST_TRIALS}."
        )
    needed = seeds_needed(pairs * (pairs - 1) // 2) if pairs > 1 else 1
    if comparison.report_seeds < needed:
        found.append(
            f"Too few report seeds for exact tests of all pairs: {comparison.report_seeds} of at "
            f"least {needed}."
        )
    edges = at_the_edge(comparison, tuning)
    if edges:
        found.append(
            f"At the edge of its space: {', '.join(edges)}; a wider space might serve it better."
        )
    diverged = (audited.diverged_at >= 0).mean(("trial", "split", "seed"))
    often = [str(n) for n in diverged.optimizer.values if diverged.sel(optimizer=n) >= REACH]
    if often:
        found.append(f"Half of all trials or more diverged: {', '.join(often)}.")
    return found


@checked
def at_the_edge(comparison: Comparison, tuning: Tuning) -> list[str]:
    """Labels whose best trial, over all splits, lies in the first or last part of their space."""
    require(
        not tuning.validation_loss.isnull().any(), "the tuning record lacks runs: losses are NaN."
    )
    final = tuning.validation_loss.isel(step=-1).mean(("split", "seed"))
    best = final.argmin("trial")
    outer = (best == 0) | (best == comparison.trials - 1)
    return [str(name) for name in final.optimizer.values if outer.sel(optimizer=name)]


def by_optimizer(values: xr.DataArray) -> Mapping[str, np.ndarray]:
    """[split, trial, seed] for each label."""
    return {
        str(name): values.sel(optimizer=name).transpose("split", "trial", "seed").values
        for name in values.optimizer.values
    }


def _losses(tuning: xr.Dataset, audited: xr.Dataset, label: str, untrained: float) -> Tuned:
    seen = by_optimizer(tuning.validation_loss.isel(step=-1))[label]
    told = by_optimizer(audited.test_loss)[label]
    return Tuned(seen, np.fmin(told, untrained))


def _interval(estimate: np.ndarray, drawn: np.ndarray, splits: int, level: float) -> Interval:
    """Percentiles about the estimate, wider by √(n / (n − 1)) for n splits.

    Resampling n units understates their variance by (n − 1) / n.
    """
    tail = (1 - level) / 2
    wider = np.sqrt(splits / (splits - 1)) if splits > 1 else 1.0
    low, high = np.quantile(drawn, [tail, 1 - tail], axis=1)
    middle = np.median(drawn, axis=1)
    return Interval(estimate, middle - wider * (middle - low), middle + wider * (high - middle))
