"""The study of activations says what it measures."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from lab.models import ACTIVATIONS
from lab.study import Record
from lab.study.claims import FAILED, HELD
from lab.types import Snapshot
from studies.activations import claims, dead_units, runs
from studies.activations.runs import Activations


def test_every_activation_of_the_catalogue_takes_part():
    assert {*dict(Activations().activations), "silu"} == set(ACTIVATIONS)


def test_shapes_and_gradient_factors_are_known():
    record = runs.shapes(("linear", "relu", "sigmoid", "step"), 9)
    known = {"linear": 1.0, "relu": 0.5**0.5, "step": 0.0}
    for name, factor in known.items():
        np.testing.assert_allclose(record.factor.sel(activation=name), factor, atol=1e-6)
    np.testing.assert_allclose(record.slope.sel(activation="sigmoid", x=0), 0.25)


def test_a_bias_that_kills_every_unit_is_seen():
    task = dead_units.with_bias(runs.net(Activations(width=8), "relu", "he_normal", 2))
    start = jax.jit(task.problem.init)
    alive, dead = (
        start(jax.random.key(0), {"init_scale": 1.0, "bias": bias}) for bias in (0.0, -1e3)
    )
    np.testing.assert_array_equal(
        alive.params["hidden_00"]["dense"]["kernel"], dead.params["hidden_00"]["dense"]["kernel"]
    )
    np.testing.assert_array_equal(dead.params["output"]["bias"], 0)
    loss: Any = task.problem.loss
    nothing: dict[str, Any] = dict.fromkeys(Snapshot._fields)

    @jax.jit
    def share(params):
        snapshot = Snapshot(**(nothing | {"params": params, "model_state": {}}))
        return dead_units.Dead(loss.model, "relu", 0)(snapshot)

    shown = [share(found.params) for found in (alive, dead)]
    np.testing.assert_array_equal(shown[1], 1.0)
    assert float(jnp.max(shown[0])) < 1


def test_outcome_is_judged_against_relu():
    rng = np.random.default_rng(0)

    def part(mean):
        values = mean + 0.001 * rng.standard_normal((1, 16))
        return xr.Dataset({"accuracy": (("layers", "seed"), values)}, {"layers": [2]})

    parts = {
        "relu": part(0.95), "step": part(0.8), "linear": part(0.9), "sigmoid": part(0.96),
        "tanh": part(0.95), "hard_sigmoid": part(0.9),
    }  # fmt: skip
    record = Record(Activations(depths=(2,)), {f"outcome/{n}": part for n, part in parts.items()})
    found = {claim.name: claim for claim in claims._outcome(record)}
    assert found["depth_wasted_2"].outcome == HELD
    assert found["relu_beats_saturating_2"].outcome == FAILED
    assert "1 of 3 (sigmoid" in found["relu_beats_saturating_2"].numbers
    assert "better sigmoid +1.0" in found["no_matter_2"].numbers
