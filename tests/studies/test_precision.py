"""The numbers of the study of precision are those of the formats."""

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from lab.tasks.mixed import loss_scale
from studies.precision import claims, numbers
from studies.precision.runs import Mixed, Whole, in_float32
from studies.precision.settings import STATIC, Precision


def test_what_formats_hold():
    found = {row[0]: row[1:] for row in numbers.held()}  # float32, bfloat16, float16
    assert found["70,000"][2] == "inf"
    assert found["300²"][2] == "inf"
    assert found["10⁻⁸, Adam's ε"][2] == "0"
    assert found["(10⁻⁴)², a squared gradient"][2] == "0"
    assert found["1 + 0.001, a small update"][1] == "1"
    assert found["4,096 ones, one by one"] == ["4096", "256", "2048"]
    assert found["largest"][2] == "6.55e+04"


def test_naive_and_stable_agree_where_nothing_overflows():
    found = numbers.softmax_table(Precision(logits=2, small=2.0, large=60.0, draws=20))
    small, large = found.isel(size=0), found.isel(size=1)
    assert float(small.broken.max()) == 0
    assert float(small.error.sel(format="float32").max()) < 1e-5
    assert float(large.broken.sel(form="naive", format="float16")) > 0.9
    assert float(found.broken.sel(form="stable").max()) == 0


def test_inputs_are_as_ill_conditioned_as_told():
    x = numbers.whitened(50, 10) * np.asarray(numbers.scales(100.0, 10))
    np.testing.assert_allclose(np.linalg.cond(x.T @ x), 100.0, rtol=1e-3)


def test_growth_is_the_slope_of_logarithms():
    condition = np.array([1.0, 10.0, 100.0])
    steps = np.stack([3 * condition, 5 * condition])
    inputs = xr.Dataset(
        {"steps": (("rule", "seed", "condition"), steps[None])},
        {"rule": ["gd"], "condition": condition},
    )
    np.testing.assert_allclose(claims.powers(inputs, "gd"), 1.0)
    inputs.steps[0, 0, 0] = np.inf
    np.testing.assert_allclose(claims.powers(inputs, "gd"), [np.inf, 1.0])


def trained(*points):
    """Accuracies of a static scale behind float32, by exponent: three seeds."""
    behind = np.array(points)[:, None] + np.array([-0.1, 0.0, 0.1])
    accuracy = 0.9 + np.stack([0 * behind, behind]) / 100
    dims = ("way", "exponent", "seed")
    return xr.Dataset(
        {"accuracy": (dims, accuracy), "lost": (dims, 0 * accuracy)},
        {"way": ["float32", STATIC], "exponent": np.arange(len(points))},
    )


def test_as_good_needs_every_scale():
    over = {"n": 3, "unit": "seeds"}
    needed, good = claims._training(trained(0.0, 0.2), over)
    assert (needed.outcome, good.outcome) == ("did not hold", "held")
    assert "held at 2 of 2, 2^0 to 2^1" in good.numbers
    assert [c.outcome for c in claims._training(trained(0.0, -1.0), over)][1] == "inconclusive"
    needed, good = claims._training(trained(-5.0, 0.2), over)
    assert (needed.outcome, good.outcome) == ("held", "did not hold")


def test_a_mixture_in_float32_is_plain_training():
    params = [(jnp.ones((3, 2)), jnp.zeros(2)), (jnp.eye(2), jnp.zeros(2))]
    batch = {"x": jnp.arange(6.0).reshape(2, 3), "y": jnp.array([0, 1])}
    state = {"scale": loss_scale(8.0)}
    value = jax.jit(Mixed(jnp.float32, 5))(params, state, batch, None, {})
    assert float(value[0]) == float(jax.jit(Whole())(params, state, batch, None, {})[0])
    assert float(value[0]) == float(jax.jit(in_float32)(params, batch))
    assert int(value[1][0]["scale"].calm) == 1
