"""The study of gradient flow judges hand-made records rightly."""

import numpy as np
import pytest
import xarray as xr

from lab.study import Claim, Record
from lab.study.claims import FAILED, HELD, OPEN
from studies.gradient_flow import claims
from studies.gradient_flow.runs import GradientFlow, net

SETTINGS = GradientFlow(width=8, layers=4, seeds=16)


@pytest.mark.parametrize(("name", "changes"), SETTINGS.remedies)
def test_a_remedy_changes_one_thing(name, changes):
    plain, changed = net(SETTINGS), net(SETTINGS, **dict(changes))
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
    record = Record(SETTINGS, {
        "stalled": table([[0.1, 0.11], [0.1, 0.4]]), "remedies/ReLU": remedy(0.9),
        "remedies/residual": remedy(0.3), "remedies/batch norm": remedy(0.5, 0.3),
    })  # fmt: skip
    assert [claim.outcome for claim in claims._stalled(record)] == [HELD, FAILED]
    assert [claim.outcome for claim in claims._remedies(record)] == [HELD, FAILED, OPEN]


def row(label, rule, begin, end, **limits):
    interval = claims.Interval(*map(np.array, ((begin + end) / 2, begin, end)))
    return Claim("row", "It is so", interval, 16, "seeds", where=f"{label}, {rule}", **limits)


@pytest.mark.parametrize(
    ("second", "outcome"),
    [((0.8, 0.9), HELD), ((0.4, 0.6), OPEN), ((0.2, 0.3), FAILED)],
)
def test_a_table_stands_where_every_row_that_held_does_again(second, outcome):
    chance = [row("Glorot", rule, 0.0, 0.1, high=0.15) for rule in ("SGD", "Adam")]
    open_one = row("He", "SGD", 0.1, 0.2, high=0.15), row("He", "Adam", 0.8, 0.9, high=0.15)
    revived = row("ReLU", "SGD", 0.8, 0.9, low=0.5), row("ReLU", "Adam", *second, low=0.5)
    [found] = claims._same_table(*zip(chance, open_one, revived))
    assert found.outcome == outcome
    assert ("otherwise: none" in found.numbers) == (outcome == HELD)
    assert found.statement.endswith("Adam")
    assert not [*claims._same_table(*zip(open_one))]


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
    np.testing.assert_allclose(claims.fall(part, "glorot_normal"), -4.0)


def test_vanishing_is_said_of_each_activation():
    found = claims._flow(
        {"sigmoid": flow([1e-6, 1e-3, 1e-2, 1.0]), "relu": flow([0.5, 0.6, 1.0, 1.0])}
    )
    assert [claim.outcome for claim in found] == [HELD, FAILED, HELD]


def test_the_trained_share_is_counted_by_depth():
    values = np.zeros((2, 2, 2, 2))  # layers, scales, rates, seeds
    values[0] = 0.9
    values[1, 0, 0] = 0.9
    part = xr.Dataset(
        {"accuracy": (("layers", "init_scale", "learning_rate", "seed"), values)},
        {"layers": [2, 10]},
    )
    np.testing.assert_allclose(claims.usable(part.accuracy), [[100, 100], [25, 25]])
    assert claims._region(part).outcome == HELD
