"""The study of precision runs, redraws itself, and its numbers are those of the formats."""

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from lab.tasks.mixed import loss_scale
from studies.precision import __main__ as study
from studies.precision import numbers, report
from studies.precision.runs import Mixed, Whole, in_float32


def test_smoke_and_redrawing(smoke):
    smoke(study)


def test_what_formats_hold():
    found = {row[0]: row[1:] for row in numbers.examples()}  # float32, bfloat16, float16
    assert found["70,000"][2] == "inf"
    assert found["300²"][2] == "inf"
    assert found["10⁻⁸, Adam's ε"][2] == "0"
    assert found["(10⁻⁴)², a squared gradient"][2] == "0"
    assert found["1 + 0.001, a small update"][1] == "1"
    assert found["4,096 ones, one by one"] == ["4096", "256", "2048"]
    assert dict(zip(numbers.FORMATS, (r[1] for r in numbers.limits())))["float16"] == "6.55e+04"


def test_naive_and_stable_agree_where_nothing_overflows():
    found = numbers.softmax_table([2.0, 60.0], draws=20)
    assert float(found.broken.sel(size=2.0).max()) == 0
    assert float(found.error.sel(format="float32", size=2.0).max()) < 1e-5
    assert float(found.broken.sel(form="naive", format="float16", size=60.0)) > 0.9
    assert float(found.broken.sel(form="stable").max()) == 0


def test_inputs_are_as_ill_conditioned_as_told():
    x = numbers.whitened(50) * np.asarray(numbers.scales(100.0))
    np.testing.assert_allclose(np.linalg.cond(x.T @ x), 100.0, rtol=1e-3)


def test_growth_is_the_slope_of_logarithms():
    condition = np.array([1.0, 10.0, 100.0])
    steps = np.stack([3 * condition, 5 * condition])
    inputs = xr.Dataset(
        {"steps": (("rule", "seed", "condition"), steps[None])},
        {"rule": ["gd"], "condition": condition},
    )
    np.testing.assert_allclose(report.growth(inputs, "gd"), 1.0)
    inputs.steps[0, 0, 0] = np.inf
    assert np.isinf(report.growth(inputs, "gd").estimate)


def test_as_good_needs_the_whole_interval():
    gaps = ((0, -0.5, 0.5), (0, -2, 2), (-5, -6, -4))
    assert [report.as_good(report.Interval(*(np.asarray(v) for v in gap))) for gap in gaps] == [
        "held",
        "inconclusive",
        "did not hold",
    ]


def test_a_mixture_in_float32_is_plain_training():
    params = [(jnp.ones((3, 2)), jnp.zeros(2)), (jnp.eye(2), jnp.zeros(2))]
    batch = {"x": jnp.arange(6.0).reshape(2, 3), "y": jnp.array([0, 1])}
    state = {"scale": loss_scale(8.0)}
    value = jax.jit(Mixed(jnp.float32, 5))(params, state, batch, None, {})
    assert float(value[0]) == float(jax.jit(Whole())(params, state, batch, None, {})[0])
    assert float(value[0]) == float(jax.jit(in_float32)(params, batch))
    assert int(value[1][0]["scale"].calm) == 1
