"""The study of initialization says what it measures."""

from typing import Any

import jax.numpy as jnp
import numpy as np
import xarray as xr

from lab.models import INITIALIZERS
from lab.study import Record
from lab.study.claims import FAILED, HELD
from lab.types import Snapshot
from studies.initialization import claims, runs, signal
from studies.initialization.runs import Initialization


def test_every_initializer_of_the_catalogue_takes_part():
    kept = {name for name in INITIALIZERS if not name.endswith("uniform")}
    assert kept == set(Initialization().names)


def test_moments_follow_theory_where_layers_are_wide():
    record = signal.propagation(("he_normal", "lecun_normal"), (256,), 4, range(24))
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
    found = next(iter(claims._symmetry(record)))
    assert (found.outcome, found.numbers[:14]) == (HELD, "in 2 of 2 runs")
    record.apart[..., 1, 2, 0] = 1e-30
    found = next(iter(claims._symmetry(record)))
    assert (found.outcome, found.numbers[:14]) == (FAILED, "in 1 of 2 runs")


def test_accuracies_are_judged_by_activation():
    rng = np.random.default_rng(0)
    means = {"zeros": 0.1, "large_normal": 0.6, "glorot_normal": 0.9, "he_normal": 0.8}
    values = [mean + 0.01 * rng.standard_normal(16) for mean in means.values()]
    part = xr.Dataset(
        {"accuracy": (("initializer", "seed"), np.array(values))}, {"initializer": list(means)}
    )
    found = claims._outcome(Record(Initialization(), {"outcome/tanh": part}))
    assert {claim.where: claim.outcome for claim in found} == {
        "zeros, tanh": HELD,
        "N(0, 1), tanh": FAILED,
        "Glorot against He, tanh": HELD,
    }
