"""The outcomes of rules of early stopping, and what is said of them, are right."""

import numpy as np
import pytest
import xarray as xr

from lab.sweeps.early_stopping.rule import EarlyStopping
from studies.early_stopping.claims import obeyed, stated
from studies.early_stopping.replays import outcome, replays

LOSS = np.array([[[1.0, 0.5, 0.7, 0.4, 0.6, 0.6]], [[1.0, 0.9, 0.8, 0.7, 0.6, 0.5]]], np.float32)
ERROR = np.array([[[0.6, 0.5, 0.4, 0.3, 0.2, 0.1]], [[0.6, 0.5, 0.4, 0.3, 0.2, 0.1]]])


@pytest.mark.parametrize(
    ("rule", "error", "share"),
    [
        (EarlyStopping(patience=1), [0.4, 0.1], [3 / 6, 1]),
        (EarlyStopping(patience=1, restore_best_weights=True), [0.5, 0.1], [3 / 6, 1]),
        (EarlyStopping(patience=2, restore_best_weights=True), [0.3, 0.1], [1, 1]),
    ],
)
def test_a_rule_has_the_error_of_the_weights_it_leaves(rule, error, share):
    found = outcome(rule, LOSS, ERROR)
    np.testing.assert_allclose(found[0], error)
    np.testing.assert_allclose(found[1], share)


def test_statements_name_what_held():
    rng = np.random.default_rng(0)
    splits, steps = 12, 64
    at = np.arange(steps)
    curve = 0.3 + (at - 20) ** 2 / 4000  # least after 20 evaluations
    noise = 0.001 * rng.normal(size=(splits, 1, steps))
    one = xr.Dataset(
        {
            "validation_loss": (
                ("split", "rows", "seed", "step"),
                np.stack([curve + 300 * noise, curve + noise], 1).astype(np.float32),
            ),
            "test_error": (("split", "all", "seed", "step"), (curve + 0.01 * noise)[:, None]),
        },
        {"rows": [10, 0]},
    )
    one = one.assign(validation_error=one.validation_loss, test_loss=one.test_error)
    said = {claim.name: claim.outcome for claim in stated({"toy": replays(one, 8)}, 8, 10)}
    assert said["less_loss_toy"] == "held"
    assert said["saves_half_toy"] == "held"
    assert said["near_hindsight_toy"] == "held"
    assert said["long_patience_toy"] == "held"
    assert said["few_rows_toy"] == "did not hold"
    part = xr.Dataset({"same": ("lane", [True, True]), "computed": 30, "budget": 100})
    assert obeyed(part).line.endswith("**held**, 2 of 2 runs; it took 30% of the updates.")
