"""Resampling a whole tuned comparison: splits, then trials with the selection redone, then seeds.

Report seeds alone compare two configurations. What an optimizer gives *after tuning* also depends
on which trials were drawn and which splits the data fell into, so these are drawn again too.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lab.statistics.resampling import resample_indices
from lab.validation.checks import checked
from lab.validation.errors import require, shown
from lab.validation.kinds import Count, Whole


class Tuned(NamedTuple):
    """Losses of all trials of one method; [trial, seed] stands for a single split."""

    validation: np.ndarray  # [split, trial, tuning seed]: what the selection sees
    reported: np.ndarray  # [split, trial, report seed]: what is claimed


class Draws(NamedTuple):
    """Indices of R resamples that all methods share, so that they stay paired."""

    split: np.ndarray  # [R, split]
    tune: np.ndarray  # [R, split, tuning seed]
    report: np.ndarray  # [R, split, report seed]


@checked
def shared_draws(
    resamples: Count, splits: Count, tune_seeds: Count, report_seeds: Count,
    seed: Whole | np.random.Generator = 0, *, crossed: bool = True,
) -> Draws:  # fmt: skip
    """Splits drawn with replacement, and within them tuning and report seeds.

    Args:
      resamples: R.
      splits: How many; with 1 the result holds for this split only.
      tune_seeds: How many each trial was tuned on.
      report_seeds: How many each trial is reported on.
      seed: A number or a generator.
      crossed: Whether a seed means the same in every split (one draw for all of them), or seeds
        are different ones in each split (a draw of its own for each).
    """
    rng = np.random.default_rng(seed)
    split = resample_indices(resamples, splits, rng)

    def seeds(count):
        drawn = resample_indices(resamples * (1 if crossed else splits), count, rng)
        return np.broadcast_to(drawn.reshape(resamples, -1, count), (resamples, splits, count))

    return Draws(split, seeds(tune_seeds), seeds(report_seeds))


@checked
def selected_losses(
    tuned: Tuned, draws: Draws, trials: np.ndarray, *, pooled: bool = False
) -> np.ndarray:
    """Reported loss of the trial that is selected in each resample: [R].

    In each drawn split the drawn trial with the least mean validation loss over the drawn tuning
    seeds is selected; its loss is averaged over the drawn report seeds, then over splits. NaN
    counts as infinite, and an infinite loss makes the mean infinite.

    Args:
      tuned: Losses.
      draws: From `shared_draws`.
      trials: [R, split or 1, k] which trials are candidates; ties go to the first of them.
      pooled: Whether one trial is selected for all splits, by its mean over them.
    """
    validation, reported = _checked(tuned)
    trials, count = np.asarray(trials), validation.shape[1]
    require(
        trials.ndim == 3
        and trials.size > 0
        and trials.dtype.kind in "iu"
        and trials.min() >= 0
        and trials.max() < count,
        f"trials must be [R, split, k] of {count} trials, given {shown(trials)}.",
    )
    _check_draws(draws, len(validation), validation.shape[2], reported.shape[2])
    require(
        trials.shape[0] in (1, len(draws.split)) and trials.shape[1] in (1, draws.split.shape[1]),
        f"trials must go with draws.split {list(draws.split.shape)}, given {shown(trials)}.",
    )
    every = np.arange(validation.shape[1])[:, None]
    seen = validation[draws.split[..., None, None], every, draws.tune[..., None, :]].mean(-1)
    if pooled:
        seen = seen.mean(1, keepdims=True)  # [R, 1, trial]
    candidates = np.broadcast_to(trials, (*seen.shape[:2], trials.shape[-1]))
    best = np.take_along_axis(seen, candidates, -1).argmin(-1, keepdims=True)
    chosen = np.take_along_axis(candidates, best, -1)  # [R, split or 1, 1]
    return reported[draws.split[..., None], chosen, draws.report].mean((1, 2))


@checked
def tuned_loss(tuned: Tuned, *, pooled: bool = False) -> float:
    """The estimate itself: the selection among all trials, and the mean of what it reports."""
    validation, reported = _checked(tuned)
    splits, trials, seeds = validation.shape
    once = Draws(
        np.arange(splits)[None],
        np.broadcast_to(np.arange(seeds), (1, splits, seeds)),
        np.broadcast_to(np.arange(reported.shape[-1]), (1, splits, reported.shape[-1])),
    )
    return float(selected_losses(tuned, once, np.arange(trials)[None, None], pooled=pooled)[0])


@checked
def tuned_bootstrap(
    methods: Sequence[Tuned],
    *,
    k: Count | None = None,
    resamples: Count = 2000,
    seed: Whole = 0,
    crossed: bool = True,
    per_split: bool = False,
    pooled: bool = False,
    stratified: bool = False,
) -> np.ndarray:
    """Loss after tuning of every method in every resample: [method, R].

    Splits and seeds are shared by all methods: the difference of two rows is paired. Trials are
    each method's own, and drawn with replacement. Replace non-finite losses first if differences
    of diverged runs must be finite.

    Args:
      methods: Each with its trials; the same splits and seeds.
      k: How many trials are drawn; as many as the method has by default.
      resamples: R.
      seed: Of the resampling; a method's draws do not depend on how many follow it.
      crossed: As in `shared_draws`.
      per_split: Whether every split has trials (settings) of its own. By default trial t is one
        setting on all splits, and is drawn or not drawn on all of them together.
      pooled: Whether one trial is selected for all splits.
      stratified: Whether trials were drawn one from each of B equal parts of the space, in order.
        Then only neighbours stand in for each other: pairs of parts are drawn from within
        (collapsed strata; Cochran, Sampling techniques, 1977, section 5A.12).

    Raises:
      InputError: If splits or seeds differ between methods, k is not positive, or strata are
        asked for other than all trials.
    """
    require(len(methods) >= 1, "methods must list at least one method, given none.")
    arrays = [Tuned(*_checked(m)) for m in methods]
    sizes = {(v.shape[0], v.shape[2], r.shape[2]) for v, r in arrays}
    require(
        len(sizes) == 1,
        f"methods must share (splits, tuning seeds, report seeds), given {sorted(sizes)}.",
    )
    require(k is None or not stratified, f"stratified trials are all drawn, given k={k}.")
    shared, *own = np.random.SeedSequence(seed).spawn(1 + len(methods))
    splits, tune_seeds, report_seeds = sizes.pop()
    draws = shared_draws(
        resamples, splits, tune_seeds, report_seeds, np.random.default_rng(shared), crossed=crossed
    )
    groups = splits if per_split and not pooled else 1

    def losses(method: Tuned, sequence) -> np.ndarray:
        count = method.validation.shape[1]
        shape = (resamples, groups, count if k is None else k)
        first, size = _neighbours(count) if stratified else (0, count)
        trials = first + np.random.default_rng(sequence).integers(0, size, shape)
        return selected_losses(method, draws, trials, pooled=pooled)

    return np.stack([losses(m, s) for m, s in zip(arrays, own)])


def _neighbours(count: int) -> tuple[np.ndarray, np.ndarray]:
    """First and number of those that each trial is drawn among: pairs, three where one is left."""
    first = np.minimum(np.arange(count) // 2, max(count // 2 - 1, 0)) * 2
    size = np.where(first == first[-1], count - first[-1], 2)
    return first, size


def _checked(tuned: Tuned) -> tuple[np.ndarray, np.ndarray]:
    """Both [split, trial, seed], whatever is not finite made +∞."""
    arrays = [np.asarray(x, np.float64) for x in tuned]
    arrays = [x[None] if x.ndim == 2 else x for x in arrays]
    shapes = [x.shape for x in arrays]
    require(
        all(len(s) == 3 and min(s) >= 1 for s in shapes) and shapes[0][:2] == shapes[1][:2],
        "validation and reported losses must be [split, trial, seed] of the same splits and "
        f"trials, given {shapes}.",
    )
    validation, reported = (np.where(np.isfinite(x), x, np.inf) for x in arrays)
    return validation, reported


def _check_draws(draws: Draws, *counts: int) -> None:
    """Refuse draws that do not index so many splits, tuning seeds and report seeds."""
    shapes = [np.shape(part) for part in draws]
    known = all(
        part.dtype.kind in "iu" and part.size > 0 and part.min() >= 0 and part.max() < count
        for part, count in zip(map(np.asarray, draws), counts)
    )
    require(
        known
        and [len(shape) for shape in shapes] == [2, 3, 3]
        and shapes[0] == shapes[1][:2] == shapes[2][:2],
        "draws must index the losses by split [R, split], tune and report [R, split, seed], given "
        f"shapes {shapes}.",
    )
