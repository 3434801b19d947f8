"""The study of initialization runs and redraws itself, and its statements say what they measure."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from lab.models import INITIALIZERS, MLP
from lab.statistics.intervals import Interval
from lab.types import Snapshot
from studies.initialization import __main__ as study
from studies.initialization import runs, signal, verdict


def test_smoke_and_redrawing(smoke):
    smoke(study)


def test_every_initializer_of_the_catalogue_takes_part():
    kept = {name for name in INITIALIZERS if not name.endswith("uniform")}
    assert kept == set(study.NAMES) == set(verdict.SPELT)


def test_the_initializer_is_a_number():
    names = ("constant", "he_normal")
    init = runs.AnyInit(MLP((4, 4), 3), 5, names)
    for number, name in enumerate(names):
        hypers = {"initializer": jnp.float32(number), "init_scale": 1.0}
        drawn = jax.jit(init)(jax.random.key(3), hypers).params
        own = MLP((4, 4), 3, initializer=name).init(
            jax.random.key(3), jnp.zeros((1, 5)), train=False
        )["params"]
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6), drawn, own)


def test_moments_follow_theory_where_layers_are_wide():
    record = signal.propagation(("he_normal", "lecun_normal"), (256,), 4, 24)
    he, thin = (record.moment.sel(initializer=i).values for i in ("he_normal", "lecun_normal"))
    np.testing.assert_allclose(he.mean(-1), 1.0, atol=0.25)
    np.testing.assert_allclose(thin[0, -1], he[0, -1] / 16, rtol=1e-5)


def nets(first, outgoing):
    params = {
        "hidden_00": {"dense": {"kernel": jnp.asarray(first), "bias": jnp.zeros(2)}},
        "output": {"kernel": jnp.asarray(outgoing), "bias": jnp.zeros(2)},
    }
    fields: dict[str, Any] = {**dict.fromkeys(Snapshot._fields), "params": params}
    return runs.Apart()(Snapshot(**fields))["apart"]


def test_units_are_apart_by_any_weight():
    same = jnp.full((2, 2), 0.5)
    np.testing.assert_array_equal(nets(same, [[1.0, 2.0], [1.0, 2.0]]), [0])
    np.testing.assert_array_equal(nets([[0.5, 0.75], [0.5, 0.5]], same), [0.25])
    np.testing.assert_array_equal(nets(same, [[1.0, 2.0], [1.0, 4.0]]), [2])


def test_symmetry_is_judged_by_every_bit():
    dims = ("rule", "initializer", "init_scale", "seed", "updates", "layer")
    apart = np.zeros((1, 1, 1, 2, 3, 1))
    record = xr.Dataset(
        {
            "apart": (dims, apart),
            "moved": (("rule", *dims[1:4], "layer"), np.ones((1, 1, 1, 2, 1))),
        },
        {"rule": ["sgd"], "initializer": ["constant"], "init_scale": [1.0], "updates": [0, 1, 2]},
    )
    assert "**held**, in 2 of 2 runs" in verdict.symmetry_lines(record)[0]
    record.apart[..., 1, 2, 0] = 1e-30
    assert "**did not hold**, in 1 of 2 runs" in verdict.symmetry_lines(record)[0]


def test_predictions_are_held_inside_the_interval_only():
    x = Interval(*map(np.asarray, (1.0, 0.8, 1.2)))
    assert verdict.contains(x, 0.9) == "held"
    assert verdict.contains(x, 0.7) == "did not hold"


def test_accuracies_are_judged_by_activation():
    rng = np.random.default_rng(0)
    means = {"zeros": 0.1, "large_normal": 0.6, "glorot_normal": 0.9, "he_normal": 0.8}
    values = [mean + 0.01 * rng.standard_normal(16) for mean in means.values()]
    part = xr.Dataset(
        {"accuracy": (("initializer", "seed"), np.array(values))}, {"initializer": list(means)}
    )
    text = "\n".join(verdict.outcome_lines({"tanh": part}))
    assert "zeros does not train* (tanh): **held**" in text
    assert "N(0, 1) does not train* (tanh): **did not hold**" in text
    assert "Glorot beats He* (tanh): **held**" in text
