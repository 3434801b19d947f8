"""The study of gradient flow runs and redraws itself, and judges hand-made records rightly."""

import numpy as np
import pytest
import xarray as xr

from lab.statistics.intervals import Interval
from studies.gradient_flow import __main__ as study
from studies.gradient_flow import runs, verdict
from studies.initialization.runs import Bench


def test_smoke_and_redrawing(smoke):
    smoke(study)


@pytest.mark.parametrize("name", runs.REMEDIES)
def test_a_remedy_changes_one_thing(name):
    bench = Bench(width=8, layers=4, updates=1, rates=(), tuning=1, seeds=2)
    plain, changed = runs.network(bench), runs.network(bench, **runs.REMEDIES[name])
    differing = [k for k in plain.options if plain.options[k] != changed.options[k]]
    names = [t.problem.init.names for t in (plain, changed)]  # pyright: ignore
    assert len(differing) + (names[0] != names[1]) == 1


def table(accuracies):
    """[initializer][rate] mean accuracies of 16 seeds."""
    noise = 0.01 * np.random.default_rng(0).standard_normal(16)
    values = np.asarray(accuracies)[None, ..., None] + noise
    return xr.Dataset(
        {
            "accuracy": (("optimizer", "initializer", "rate", "seed"), values),
            "learning_rate": (("optimizer", "rate"), [[0.01, 0.1]]),
        },
        {"optimizer": ["adam"], "initializer": ["glorot_normal", "he_normal"]},
    )


def remedy(mean, noise=0.01):
    values = mean + noise * np.random.default_rng(1).standard_normal((1, 16))
    return xr.Dataset(
        {"accuracy": (("optimizer", "seed"), values), "rate": ("optimizer", [0.1])},
        {"optimizer": ["adam"]},
    )


def test_stalling_needs_every_rate_and_reviving_an_interval():
    found = {"ReLU": remedy(0.9), "residual": remedy(0.3), "batch norm": remedy(0.5, 0.3)}
    lines = verdict.table_lines(table([[0.1, 0.11], [0.1, 0.4]]), found, 10)
    words = [line.split("**")[1] for line in lines]
    assert words == ["held", "did not hold", "held", "did not hold", "inconclusive"]


def test_tables_agree_where_every_word_does():
    one = {"Glorot": "held", "ReLU": "held"}
    both = {"momentum": one, "adam": one}
    assert "**held**, 2 of 2" in verdict._same_table(both)[0]
    both["adam"] = {**one, "ReLU": "inconclusive"}
    assert "**inconclusive**, 1 of 2" in verdict._same_table(both)[0]
    both["adam"] = {**one, "ReLU": "did not hold"}
    assert "ReLU (did not hold)" in verdict._same_table(both)[0]


def flow(norms):
    """Gradient norms of the layers of one view: 2 seeds, 2 looks; the weights change likewise."""
    values = np.broadcast_to(np.asarray(norms, float), (1, 2, 2, len(norms)))
    values = values * np.array([1.0, 1.1])[None, :, None, None]
    dims = ("view", "seed", "updates", "layer")
    return xr.Dataset(
        {"gradient": (dims, values), "change": (dims, values)},
        {"view": ["glorot_normal"], "updates": [0, 10]},
    )


def test_the_fall_is_from_the_last_hidden_layer_there_is():
    part = flow([1e-6, 1e-3, 1e-2, 1.0, np.nan])
    np.testing.assert_allclose(verdict.fall(part, "glorot_normal"), -4.0)


def test_vanishing_is_said_of_each_activation():
    lines = verdict.flow_lines(
        {"sigmoid": flow([1e-6, 1e-3, 1e-2, 1.0]), "relu": flow([0.5, 0.6, 1.0, 1.0])}
    )
    assert [line.split("**")[1] for line in lines] == ["held", "did not hold", "held"]


def test_the_trained_share_is_counted_by_depth():
    values = np.zeros((2, 2, 2, 2))  # layers, scales, rates, seeds
    values[0] = 0.9
    values[1, 0, 0] = 0.9
    part = xr.Dataset(
        {"accuracy": (("layers", "init_scale", "learning_rate", "seed"), values)},
        {"layers": [2, 10]},
    )
    np.testing.assert_allclose(verdict.usable(part.accuracy), [[1, 1], [0.25, 0.25]])
    assert "**held**" in verdict.region_lines(part)[0]


def test_chance_and_revival_have_three_outcomes():
    def at(*x):
        return Interval(*map(np.asarray, x))

    assert verdict.at_chance(at([0.1, 0.1], [0.1, 0.1], [0.1, 0.12])) == "held"
    assert verdict.at_chance(at([0.1, 0.2], [0.1, 0.1], [0.1, 0.3])) == "inconclusive"
    assert verdict.at_chance(at([0.1, 0.3], [0.1, 0.2], [0.1, 0.4])) == "did not hold"
    assert [verdict.revived(at(*x)) for x in ((0.9, 0.8, 1), (0.3, 0.2, 0.4), (0.5, 0.4, 0.6))] == [
        "held",
        "did not hold",
        "inconclusive",
    ]
