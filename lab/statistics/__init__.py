"""Pure metrics of finished runs; lower is better unless said otherwise."""

from lab.statistics.best_of import best_weights, expected_best, median_best, trial_weights
from lab.statistics.intervals import Interval, mean_interval, paired_difference
from lab.statistics.profiles import (
    performance_profile,
    performance_ratios,
    profile_score,
    ratios_to,
)
from lab.statistics.sensitivity import Sensitivity, basin_width, median_loss, rate_sensitivity
from lab.statistics.survival import Survival, kaplan_meier, restricted_mean, until
from lab.statistics.targets import (
    TimeToTarget,
    expected_running_time,
    hit_rate,
    median_time,
    time_to_target,
)

__all__ = [
    "Interval",
    "Sensitivity",
    "Survival",
    "TimeToTarget",
    "basin_width",
    "best_weights",
    "expected_best",
    "expected_running_time",
    "hit_rate",
    "kaplan_meier",
    "mean_interval",
    "median_best",
    "median_loss",
    "median_time",
    "paired_difference",
    "performance_profile",
    "performance_ratios",
    "profile_score",
    "rate_sensitivity",
    "ratios_to",
    "restricted_mean",
    "time_to_target",
    "trial_weights",
    "until",
]
