"""Pure metrics of finished runs; lower is better unless said otherwise."""

from lab.statistics.intervals import Interval, mean_interval, paired_difference
from lab.statistics.targets import (
    TimeToTarget,
    expected_running_time,
    hit_rate,
    median_time,
    time_to_target,
)

__all__ = [
    "Interval",
    "TimeToTarget",
    "expected_running_time",
    "hit_rate",
    "mean_interval",
    "median_time",
    "paired_difference",
    "time_to_target",
]
