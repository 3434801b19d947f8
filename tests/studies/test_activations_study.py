"""The study of activations runs and redraws itself, and its statements say what they measure."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from lab.models import ACTIVATIONS
from lab.statistics.intervals import Interval
from lab.types import Snapshot
from studies.activations import __main__ as study
from studies.activations import runs, verdict


def test_smoke_redrawing_and_resuming(smoke, monkeypatch):
    folder = smoke(study)
    monkeypatch.setattr(runs.lab, "sweep", None)  # what is finished is not trained again
    monkeypatch.setattr(study.report, "draw", lambda record, folder: drawn.append(record))
    drawn: list[xr.DataTree] = []
    study.run(study.Activations(smoke=True, resume=folder))
    assert {"shapes", "saturation", "dying", "outcome"} <= set(drawn[0].children)


def test_every_activation_of_the_catalogue_takes_part():
    assert {*runs.NAMES, "silu"} == set(ACTIVATIONS)
    assert set(runs.INITIALIZER) == set(runs.NAMES)


def test_shapes_and_gradient_factors_are_known():
    record = runs.shapes(("linear", "relu", "sigmoid", "step"), 9)
    known = {"linear": 1.0, "relu": 0.5**0.5, "step": 0.0}
    for name, factor in known.items():
        np.testing.assert_allclose(record.factor.sel(activation=name), factor, atol=1e-6)
    np.testing.assert_allclose(record.slope.sel(activation="sigmoid", x=0), 0.25)


def test_a_bias_that_kills_every_unit_is_seen():
    bench = runs.Bench(width=8, updates=1, rates=(0.1,), tuning=2, seeds=2)
    task = runs.with_bias(bench.task("relu", 2))
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
        return runs.Dead(loss.model, "relu")(snapshot)

    shown = [share(found.params) for found in (alive, dead)]
    np.testing.assert_array_equal(shown[1], 1.0)
    assert float(jnp.max(shown[0])) < 1


def test_usable_decades_count_rates():
    accuracy = xr.DataArray(
        [[0.95, 0.1], [0.95, 0.95], [0.1, 0.95], [0.95, 0.1]],
        dims=("learning_rate", "seed"),
        coords={"learning_rate": [0.01, 0.1, 1.0, 10.0]},
    )
    np.testing.assert_allclose(verdict.usable_decades(accuracy), [3.0, 2.0])


def test_words_follow_the_interval():
    low, middle, high = (
        Interval(*map(np.asarray, x)) for x in ((-2, -3, -1), (0, -1, 1), (2, 1, 3))
    )
    assert [verdict.judged(x) for x in (low, middle, high)] == [
        "did not hold",
        "inconclusive",
        "held",
    ]
    assert verdict.refuted(high) == "did not hold"
    assert verdict.refuted(Interval(*map(np.asarray, (0, 0, 0)))) == "held"


def test_outcome_is_judged_against_relu():
    rng = np.random.default_rng(0)

    def part(mean):
        values = mean + 0.001 * rng.standard_normal((1, 16))
        return xr.Dataset({"accuracy": (("layers", "seed"), values)}, {"layers": [2]})

    parts = {
        "relu": part(0.95), "step": part(0.8), "linear": part(0.9), "sigmoid": part(0.96),
        "tanh": part(0.95), "hard_sigmoid": part(0.9),
    }  # fmt: skip
    text = "\n".join(verdict.outcome_lines(parts))
    assert "depth is wasted* (2 layers): **held**" in text
    assert "ReLU beats saturating units* (2 layers): **did not hold**" in text
