"""Fair comparison: equal trials, selection on validation, report on fresh seeds and test data."""

from lab.protocol.reporting import report
from lab.protocol.tuning import (
    CONFIRM,
    REPORT,
    TUNE,
    Selection,
    chosen_trials,
    phase_seeds,
    rate_grid,
    select,
    target_loss,
)

__all__ = [
    "CONFIRM",
    "REPORT",
    "TUNE",
    "Selection",
    "chosen_trials",
    "phase_seeds",
    "rate_grid",
    "report",
    "select",
    "target_loss",
]
