"""Architectures as numbers of a task: each lane of a sweep is the net that it would be alone."""

import numpy as np
import pytest

import lab
from lab.validation.errors import InputError

SOURCE = lab.data.source(lab.data.load("iris"))
SHAPES = [(4, 9), (12,), (16, 16)]


def test_lanes_of_one_program_are_the_nets_that_they_stand_for(compilations):
    padded = lab.tasks.architectures(SOURCE, most_layers=2, most_units=16)
    settings = {"seeds": 2, "budget": lab.Budget(epochs=3), "batch_size": 16, "evaluations": 3}
    trials = [
        {"learning_rate": 0.01, "layers": len(w), **{f"units_{i}": n for i, n in enumerate(w)}}
        for w in SHAPES
    ]
    swept = lab.sweep(padded, ["adam"], trials={"adam": trials}, **settings)
    compiled = compilations()
    lab.sweep(padded, ["adam"], trials={"adam": [t | {"layers": 1} for t in trials]}, **settings)
    assert compilations() == compiled  # other architectures, the same program
    for trial, widths in enumerate(SHAPES):
        alone = lab.sweep(
            lab.tasks.supervised(SOURCE, widths=widths),
            ["adam"],
            axes={"learning_rate": [0.01]},
            **settings,
        )
        np.testing.assert_allclose(
            swept.validation_loss.isel(optimizer=0, trial=trial).values,
            alone.validation_loss.isel(optimizer=0, learning_rate=0).values,
            rtol=1e-4,
        )


def test_dropout_rates_belong_to_layers():
    task = lab.tasks.architectures(SOURCE, most_layers=2, most_units=8, dropout=True)
    assert {"dropout_0", "dropout_1"} <= set(task.hypers)
    swept = lab.sweep(
        task, ["adam"], axes={"learning_rate": [0.05], "dropout_1": [0.0, 0.9]},
        budget=lab.Budget(epochs=2), batch_size=16, evaluations=1,
    )  # fmt: skip
    losses = swept.validation_loss.isel(step=-1).values.ravel()
    assert np.isfinite(losses).all()
    assert losses[0] != losses[1]


@pytest.mark.parametrize("given", [{"most_layers": 0}, {"most_units": 0}, {"most_units": 2.5}])
def test_sizes_must_be_counts(given):
    with pytest.raises(InputError, match="at least 1"):
        lab.tasks.architectures(SOURCE, **given)
