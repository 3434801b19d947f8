"""Pure metrics of finished runs; lower is better unless said otherwise.

Times to a target (`targets`, `survival`), the best of k trials (`best_of`), performance profiles
(`profiles`), the interquartile mean (`iqm`), learning-rate sensitivity (`sensitivity`), ranks;
pairs of runs (`pairs`); intervals by formula (`intervals`, `shift`, over folds `corrected`), by
flipping signs (`permutation`, `multiple`) and by resampling (`resampling`, `bootstrap`, `tuned`),
and how often they hold the truth (`coverage`).
"""

from lab.statistics.best_of import best_weights, expected_best, median_best, trial_weights
from lab.statistics.bootstrap import (
    bca_interval,
    bootstrap,
    percentile_interval,
    studentized_interval,
)
from lab.statistics.corrected import corrected_interval, corrected_test
from lab.statistics.coverage import (
    ELSEWHERE,
    PAIRED_MEANS,
    STATISTICS,
    Coverage,
    choose_method,
    coverage_table,
)
from lab.statistics.intervals import Interval, mean_interval, paired_difference
from lab.statistics.iqm import interquartile_error, interquartile_mean, normalized
from lab.statistics.multiple import holm, holm_intervals, seeds_needed
from lab.statistics.pairs import finite_differences, probability_of_beating
from lab.statistics.permutation import sign_flip_interval, sign_flip_test
from lab.statistics.profiles import (
    performance_profile,
    performance_ratios,
    profile_score,
    ratios_to,
)
from lab.statistics.ranks import Ranks, bootstrap_ranks, rank_distribution
from lab.statistics.resampling import (
    jackknife_error,
    jackknife_influence,
    leave_one_out,
    replicates,
    resample_indices,
    stratified_indices,
)
from lab.statistics.selection import at_best_of_others
from lab.statistics.sensitivity import (
    Sensitivity,
    basin_width,
    median_loss,
    rate_sensitivity,
    usable_decades,
)
from lab.statistics.shift import hodges_lehmann
from lab.statistics.survival import Survival, kaplan_meier, restricted_mean, until
from lab.statistics.targets import (
    TimeToTarget,
    expected_running_time,
    hit_rate,
    median_time,
    time_to_target,
)
from lab.statistics.tuned import (
    Draws,
    Tuned,
    selected_losses,
    shared_draws,
    tuned_bootstrap,
    tuned_loss,
)

__all__ = [
    "ELSEWHERE",
    "PAIRED_MEANS",
    "STATISTICS",
    "Coverage",
    "Draws",
    "Interval",
    "Ranks",
    "Sensitivity",
    "Survival",
    "TimeToTarget",
    "Tuned",
    "at_best_of_others",
    "basin_width",
    "bca_interval",
    "best_weights",
    "bootstrap",
    "bootstrap_ranks",
    "choose_method",
    "corrected_interval",
    "corrected_test",
    "coverage_table",
    "expected_best",
    "expected_running_time",
    "finite_differences",
    "hit_rate",
    "hodges_lehmann",
    "holm",
    "holm_intervals",
    "interquartile_error",
    "interquartile_mean",
    "jackknife_error",
    "jackknife_influence",
    "kaplan_meier",
    "leave_one_out",
    "mean_interval",
    "median_best",
    "median_loss",
    "median_time",
    "normalized",
    "paired_difference",
    "percentile_interval",
    "performance_profile",
    "performance_ratios",
    "probability_of_beating",
    "profile_score",
    "rank_distribution",
    "rate_sensitivity",
    "ratios_to",
    "replicates",
    "resample_indices",
    "restricted_mean",
    "seeds_needed",
    "selected_losses",
    "shared_draws",
    "sign_flip_interval",
    "sign_flip_test",
    "stratified_indices",
    "studentized_interval",
    "time_to_target",
    "trial_weights",
    "tuned_bootstrap",
    "tuned_loss",
    "until",
    "usable_decades",
]
