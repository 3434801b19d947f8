"""Initializers are those of JAX to the bit, and have the variances and limits of their papers."""

import jax
import numpy as np
import pytest

from lab.models import INITIALIZERS
from lab.models.initializers import fans
from lab.validation.errors import InputError, UnknownNameError

FAN_IN, FAN_OUT = 300, 200
VARIANCE = {
    "small_normal": 1e-8,
    "large_normal": 1.0,
    "uniform_half": 1 / 12,
    "lecun_normal": 1 / FAN_IN,
    "lecun_uniform": 1 / FAN_IN,
    "glorot_normal": 2 / (FAN_IN + FAN_OUT),
    "glorot_uniform": 2 / (FAN_IN + FAN_OUT),
    "glorot_logistic_normal": 32 / (FAN_IN + FAN_OUT),
    "glorot_logistic_uniform": 32 / (FAN_IN + FAN_OUT),
    "he_normal": 2 / FAN_IN,
    "he_uniform": 2 / FAN_IN,
}
LIMIT = {
    "uniform_half": 0.5,
    "lecun_uniform": np.sqrt(3 / FAN_IN),
    "glorot_uniform": np.sqrt(6 / (FAN_IN + FAN_OUT)),
    "glorot_logistic_uniform": 4 * np.sqrt(6 / (FAN_IN + FAN_OUT)),
    "he_uniform": np.sqrt(6 / FAN_IN),
}


@pytest.fixture(autouse=True)
def strict():
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        yield


def draw(name, shape=(FAN_IN, FAN_OUT), dtype="float32"):
    return INITIALIZERS[name](jax.random.key(1), shape, dtype)


@pytest.mark.parametrize(("shape", "dtype"), [((20, 30), "float32"), ((3, 4, 5), "float64")])
@pytest.mark.parametrize("name", INITIALIZERS)
def test_equals_its_twin_to_a_rounding(name, shape, dtype):
    with jax.enable_x64(dtype == "float64"):
        ours = draw(name, shape, dtype)
        theirs = INITIALIZERS[name].via_jax(jax.random.key(1), shape, dtype)
        assert ours.dtype == theirs.dtype == dtype
        # to the bit of JAX 0.10; JAX 0.12 multiplies its deviation by √2 first
        np.testing.assert_array_max_ulp(np.asarray(ours), np.asarray(theirs), maxulp=2)


@pytest.mark.parametrize("name", VARIANCE)
def test_moments(name):
    values = np.asarray(draw(name), np.float64)
    deviation = np.sqrt(VARIANCE[name])
    n = values.size
    assert abs(values.mean()) < 4 * deviation / np.sqrt(n)
    assert abs(values.var() / VARIANCE[name] - 1) < 4 * np.sqrt(2 / n)


@pytest.mark.parametrize("name", LIMIT)
def test_uniform_limits_are_kept_and_reached(name):
    values = np.abs(draw(name))
    assert values.max() <= LIMIT[name] * (1 + 1e-6)
    assert values.max() > 0.999 * LIMIT[name]


@pytest.mark.parametrize("name", ["lecun_normal", "glorot_normal", "he_normal"])
def test_normals_have_the_variance_of_the_truncated_ones_of_jax_but_longer_tails(name):
    ours = np.asarray(draw(name))
    theirs = np.asarray(getattr(jax.nn.initializers, name)()(jax.random.key(2), ours.shape))
    np.testing.assert_allclose(ours.var(), theirs.var(), rtol=0.03)
    assert np.abs(ours).max() > 1.5 * np.abs(theirs).max()


@pytest.mark.parametrize("shape", [(40, 40), (40, 12), (12, 40)])
def test_orthogonal_keeps_lengths(shape):
    q = np.asarray(draw("orthogonal", shape))
    gram = q.T @ q if shape[0] >= shape[1] else q @ q.T
    np.testing.assert_allclose(gram, np.eye(min(shape)), atol=1e-5)


def test_orthogonal_kernels_of_many_lanes_on_two_devices():
    """Batches of LAPACK calls have waited for ever here."""
    mesh = jax.make_mesh((2,), ("lanes",), axis_types=(jax.sharding.AxisType.Auto,))
    lanes = jax.sharding.PartitionSpec("lanes")
    every = jax.vmap(lambda key: INITIALIZERS["orthogonal"](key, (64, 64)))
    drawn = jax.jit(
        jax.shard_map(every, mesh=mesh, in_specs=lanes, out_specs=lanes, check_vma=False)
    )
    keys = jax.random.split(jax.random.key(1), 16)
    for _ in range(3):
        kernels = drawn(keys)
    alone = INITIALIZERS["orthogonal"](keys[5], (64, 64))
    np.testing.assert_array_equal(kernels[5], alone)


def test_constants_leave_units_identical():
    assert np.all(draw("zeros") == 0)
    assert np.all(draw("constant") == 0.5)


def test_fans_count_the_receptive_field():
    assert fans((784, 16)) == (784, 16)
    assert fans((3, 3, 8, 16)) == (72, 144)
    with pytest.raises(InputError, match="two axes"):
        fans((7,))


def test_a_misspelt_initializer_gets_a_suggestion():
    with pytest.raises(UnknownNameError, match="did you mean 'he_normal'"):
        INITIALIZERS["he_norm"]
