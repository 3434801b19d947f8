"""Fair comparison: equal trials, selection on validation, report on fresh seeds and test data."""

from lab.protocol.baselines import baselines
from lab.protocol.comparison import Comparison, Trials
from lab.protocol.fairness import check_fair, comparable
from lab.protocol.reporting import audit, report
from lab.protocol.tuning import (
    CONFIRM,
    REPORT,
    SHARES,
    TUNE,
    Selection,
    chosen_trials,
    phase_seeds,
    rate_grid,
    select,
    target_loss,
)
from lab.protocol.verdict import Verdict, at_the_edge, decide

__all__ = [
    "CONFIRM",
    "REPORT",
    "SHARES",
    "TUNE",
    "Comparison",
    "Selection",
    "Trials",
    "Verdict",
    "at_the_edge",
    "audit",
    "baselines",
    "check_fair",
    "chosen_trials",
    "comparable",
    "decide",
    "phase_seeds",
    "rate_grid",
    "report",
    "select",
    "target_loss",
]
