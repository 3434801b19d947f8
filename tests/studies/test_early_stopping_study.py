"""The study of early stopping runs and redraws; its outcomes and statements are right."""

import numpy as np
import pytest
import xarray as xr

from lab.sweeps.early_stopping.rule import EarlyStopping
from studies.early_stopping import __main__ as study
from studies.early_stopping import report
from studies.early_stopping.runs import along, outcome

LOSS = np.array([[[1.0, 0.5, 0.7, 0.4, 0.6, 0.6]], [[1.0, 0.9, 0.8, 0.7, 0.6, 0.5]]], np.float32)
ERROR = np.array([[[0.6, 0.5, 0.4, 0.3, 0.2, 0.1]], [[0.6, 0.5, 0.4, 0.3, 0.2, 0.1]]])


def test_smoke_and_redrawing(smoke):
    page = (smoke(study) / "table.md").read_text()
    assert "ends where the replay says, bitwise*: **held**, 2 of 2 runs" in page


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
    assert along([EarlyStopping(patience=4)], one)[0].shape == (1, splits)
    obeyed = xr.Dataset({"same": ("lane", [True, True]), "computed": 30, "budget": 100})
    text = report.verdict({"toy": report.found(one, 8)}, [10, 0], 8, obeyed)
    said = {line.split("*")[1]: line.split("**")[1] for line in text.splitlines()}
    assert said["It ends with a smaller test loss"] == "held"
    assert said["It saves at least half of the updates"] == "held"
    assert said["It comes within 0.5 points of the best in hindsight"] == "held"
    assert said["Patience 32 is no better than 8, by more than 0.5 points"] == "held"
    assert said["10 validation rows serve as well as all, within 0.5 points"] == "did not hold"
    assert said["A sweep that obeys the rule ends where the replay says, bitwise"] == "held"
