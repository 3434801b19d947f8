"""Statistics of a few runs."""

import numpy as np

from lab.statistics import Coverage, Draws, TimeToTarget, Tuned
from tests.bad_input.specimens import Specimen

LOSSES = np.random.default_rng(0).normal(size=(2, 6)) + 3  # [method, seed]
ONE, OTHER = LOSSES
RATES = [0.01, 0.1, 1.0]
REACHED = TimeToTarget(np.array([10.0, 20.0, 5.0]), np.array([True, True, False]))
STRATA = [0, 0, 0, 1, 1, 1]
DRAWN = np.random.default_rng(1).normal(size=30)
TUNED = Tuned(LOSSES[None], LOSSES[None])
DRAWS = Draws(np.zeros((4, 1), int), np.zeros((4, 1, 6), int), np.zeros((4, 1, 6), int))
TABLE = [Coverage("t", "normal", 6, 0.95, 1.0)]


def mean(x):
    """A statistic: [..., n] -> [...]."""
    return np.mean(x, -1)


ARGUMENTS = {
    "at_best_of_others": {"values": LOSSES, "judge": LOSSES},
    "basin_width": {"f": [1.0, 0.5, 2.0], "rates": RATES, "epsilon": 0.1},
    "bca_interval": {"estimate": 0.0, "drawn": DRAWN, "left_out": ONE, "strata": STRATA},
    "best_weights": {"count": 5, "k": 2},
    "bootstrap_ranks": {"losses": LOSSES[:, None], "resamples": 9},
    "choose_method": {"table": TABLE, "candidates": ["t"]},
    "corrected_interval": {"differences": ONE, "ratio": 0.2},
    "corrected_test": {"differences": ONE, "ratio": 0.2},
    "coverage_table": {"n": 4, "methods": ["t"], "data": ["normal"], "repetitions": 3},
    "expected_best": {"values": ONE, "k": 2, "by": OTHER},
    "expected_running_time": {"reached": REACHED},
    "finite_differences": {"a": ONE, "b": OTHER, "fallback": 2.0},
    "hit_rate": {"reached": REACHED},
    "hodges_lehmann": {"differences": ONE},
    "holm_intervals": {"values": LOSSES},
    "holm": {"p": [0.01, 0.04, 0.03]},
    "interquartile_error": {"values": ONE},
    "interquartile_mean": {"values": ONE},
    "jackknife_error": {"left_out": ONE, "strata": STRATA},
    "jackknife_influence": {"left_out": ONE, "strata": STRATA},
    "kaplan_meier": {"reached": REACHED},
    "leave_one_out": {"n": 3},
    "mean_interval": {"values": ONE},
    "median_best": {"values": ONE, "k": 2, "by": OTHER},
    "median_loss": {"losses": LOSSES},
    "median_time": {"reached": REACHED},
    "normalized": {"values": LOSSES, "best": [0.0, 1.0], "reference": 9.0},
    "paired_difference": {"a": ONE, "b": OTHER},
    "percentile_interval": {"estimate": 0.0, "drawn": DRAWN},
    "performance_profile": {"ratios": LOSSES, "at": [1.0, 2.0]},
    "performance_ratios": {"times": LOSSES},
    "probability_of_beating": {"a": ONE, "b": OTHER},
    "profile_score": {"ratios": LOSSES},
    "rank_distribution": {"scores": LOSSES},
    "rate_sensitivity": {
        "losses": LOSSES.reshape(3, 4),
        "rates": RATES,
        "epsilon": 0.1,
        "initial_loss": 4.0,
    },
    "ratios_to": {"times": LOSSES, "reference": 0},
    "resample_indices": {"resamples": 2, "n": 3, "seed": 0},
    "restricted_mean": {"reached": REACHED, "budget": 30.0},
    "seeds_needed": {},
    "selected_losses": {"tuned": TUNED, "draws": DRAWS, "trials": np.zeros((4, 1, 2), int)},
    "shared_draws": {"resamples": 2, "splits": 1, "tune_seeds": 2, "report_seeds": 2},
    "sign_flip_interval": {"differences": ONE, "draws": 99},
    "sign_flip_test": {"differences": ONE, "draws": 99},
    "stratified_indices": {"resamples": 2, "strata": STRATA, "seed": 0},
    "studentized_interval": {"estimate": 0.0, "error": 1.0, "drawn": DRAWN, "errors": DRAWN**2},
    "time_to_target": {"values": ONE, "points": np.arange(6), "target": 3.0},
    "trial_weights": {"by": ONE, "k": 2},
    "tuned_bootstrap": {"methods": [TUNED, TUNED], "resamples": 3},
    "tuned_loss": {"tuned": TUNED},
    "until": {"reached": REACHED, "budget": 30.0},
    "usable_decades": {"values": LOSSES[:, :3], "rates": RATES, "level": 0.5},
}
SPECIMENS = (
    *(Specimen(f"lab.statistics.{name}", arguments) for name, arguments in ARGUMENTS.items()),
    Specimen("lab.statistics.bootstrap", {"resamples": 9, "strata": STRATA}, first=(mean, ONE)),
    Specimen("lab.statistics.replicates", {"indices": np.arange(6)[None]}, first=(mean, ONE)),
)
