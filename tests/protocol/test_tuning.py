"""Selection reads validation, of tuning seeds, and nothing else."""

import numpy as np
import pytest
import xarray as xr

import lab
from lab import protocol
from lab.validation.errors import InputError

RATES = [0.01, 0.1, 1.0]


def tuning(final, seeds=(0, 1)):
    """A record whose final losses [optimizer, trial] are given, equal on all seeds."""
    final = np.asarray(final, float)
    loss = np.repeat(final[:, :, None, None], len(seeds), 2) * np.array([4.0, 2.0, 1.5, 1.0])
    return xr.Dataset(
        {"validation_loss": (("optimizer", "trial", "seed", "step"), loss)},
        {
            "optimizer": [f"o{i}" for i in range(len(final))],
            "seed": list(seeds),
            "learning_rate": (("optimizer", "trial"), np.tile(RATES, (len(final), 1))),
            "examples": ("step", [0, 100, 200, 300]),
        },
    )


def test_the_least_mean_wins_and_ties_go_to_the_smaller_rate():
    chosen = protocol.select(tuning([[3, 1, 2], [1, 1, 2], [5, 4, 4], [np.inf, 2, np.inf]]))
    assert chosen.trial.values.tolist() == [1, 0, 1, 1]
    assert chosen.learning_rate.values.tolist() == [0.1, 0.01, 0.1, 0.1]
    assert chosen.at_edge.values.tolist() == [False, True, False, False]


def test_all_diverged_is_an_infinite_loss_at_the_smallest_rate():
    chosen = protocol.select(tuning([[np.inf] * 3]))
    assert chosen.learning_rate.item() == 0.01
    assert np.isposinf(chosen.loss.item())


def test_selection_refuses_seeds_of_the_report():
    with pytest.raises(InputError, match="tuning seeds"):
        protocol.select(tuning([[3, 1, 2]], protocol.phase_seeds(protocol.REPORT, 2)))


def test_a_report_refuses_seeds_of_the_tuning():
    with pytest.raises(InputError, match="seeds"):
        protocol.report(
            lab.tasks.CATALOG["iris"].make(),
            ["adam"],
            {"adam": [{"learning_rate": 0.1}]},
            seeds=[0, 1],
            budget=lab.Budget(updates=3),
        )


def test_phases_never_share_a_seed():
    phases = [
        protocol.phase_seeds(p, 1000) for p in (protocol.TUNE, protocol.CONFIRM, protocol.REPORT)
    ]
    assert len({seed for phase in phases for seed in phase}) == 3000


def test_the_target_is_the_reference_at_three_quarters_of_the_budget():
    record = tuning([[3, 1, 2], [1, 1, 2]])
    assert protocol.target_loss(record, protocol.select(record), "o0") == 1.0
    # three quarters of 300 examples are first covered by the evaluation at 300


@pytest.mark.parametrize("kind", ["classification", "regression"])
def test_a_report_measures_the_test_split(kind):
    name = {"classification": "iris", "regression": "diabetes"}[kind]
    task = lab.tasks.CATALOG[name].make()
    record = protocol.report(
        task, ["adam"], {"adam": [{"learning_rate": 0.03}, {"learning_rate": 1e30}]},
        seeds=protocol.phase_seeds(protocol.REPORT, 3), budget=lab.Budget(epochs=20), batch_size=16,
    )  # fmt: skip
    tuned, lost = record.isel(trial=0), record.isel(trial=1)
    if kind == "classification":
        assert (tuned.test_accuracy > 0.8).all()
        assert (tuned.test_roc_auc > 0.9).all()
        assert (lost.test_accuracy == 0).all()
    else:
        assert (tuned.test_r2 > 0.2).all()
        assert ((tuned.test_rmse > 30) & (tuned.test_rmse < 100)).all()  # in the target's units
        assert np.isneginf(lost.test_r2).all()
    assert np.isposinf(lost.test_loss).all()
    assert "outputs" not in record
