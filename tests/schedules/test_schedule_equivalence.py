"""By hand = optax at every count, with static and with traced numbers."""

import inspect

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from lab import schedules
from lab.schedules import CATALOG

COUNTS = np.arange(90, dtype=np.int32)
CASES = [
    pytest.param(name, kwargs, id=f"{name}-{i}")
    for name, entry in CATALOG.items()
    for i, kwargs in enumerate(entry.examples)
]


def curve(schedule, counts=COUNTS):
    return np.stack([np.asarray(schedule(count)) for count in counts])


def largest(values):
    return np.max(np.abs(values))


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 2e-6), ("float64", 1e-12)])
@pytest.mark.parametrize(("name", "kwargs"), CASES)
def test_every_value_equals_that_of_optax(name, kwargs, dtype, tolerance):
    entry = CATALOG[name]
    if entry.via_optax is None:
        pytest.skip("nothing to compare with")
    with jax.enable_x64(dtype == "float64"):
        # JAX divides int32 in float32 even then, and with it optax; the lab does not
        twin = curve(
            jax.jit(entry.via_optax(**kwargs)), COUNTS.astype(dtype.replace("float", "int"))
        )
        with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
            by_hand = curve(jax.jit(entry.by_hand(**kwargs)))
            at_once = entry.by_hand(**kwargs)(COUNTS)
            python = entry.by_hand(**kwargs)(3)
    assert by_hand.dtype == dtype
    np.testing.assert_allclose(by_hand, twin, rtol=0, atol=tolerance * largest(twin))
    np.testing.assert_allclose(at_once, twin, rtol=0, atol=tolerance * largest(twin))
    np.testing.assert_allclose(python, twin[3], rtol=0, atol=tolerance * largest(twin))


@pytest.mark.parametrize(("name", "kwargs"), CASES)
def test_traced_numbers_lengths_included_give_the_same_curve(name, kwargs):
    by_hand = CATALOG[name].by_hand
    numbers = {k: v for k, v in kwargs.items() if not isinstance(v, bool | str)}
    switches = {k: v for k, v in kwargs.items() if isinstance(v, bool | str)}

    @jax.jit
    def traced(numbers, counts):
        return by_hand(**numbers, **switches)(counts)

    arrays = jax.tree.map(
        lambda v: jnp.asarray(v, jnp.int32 if isinstance(v, int) else jnp.float32), numbers
    )
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        curve = traced(arrays, COUNTS)
    expected = by_hand(**kwargs)(COUNTS)
    np.testing.assert_allclose(curve, expected, rtol=0, atol=2e-6 * largest(expected))


@pytest.mark.parametrize("name", CATALOG)
def test_parameters_and_defaults_are_those_of_optax(name):
    twin = CATALOG[name].via_optax
    if twin is not None:
        mine, theirs = (
            [(p.name, p.default, p.kind) for p in inspect.signature(f).parameters.values()]
            for f in (getattr(schedules, name), getattr(optax, name, twin))
        )
        assert mine == theirs


@pytest.mark.parametrize("name", CATALOG)
def test_the_entry_is_complete(name):
    entry = CATALOG[name]
    assert entry.reference
    assert entry.examples
    assert entry.by_hand.__doc__
