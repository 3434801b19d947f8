"""Counts, boundaries and lengths beyond 2²⁴, of which float32 has every second only, or fewer."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lab import schedules
from lab.schedules import CATALOG
from tests.schedules.formulas import FORMULAS

LARGEST = 2**31 - 1  # where counters of updates stay
CASES = [
    pytest.param(name, kwargs, id=f"{name}-{i}")
    for name, entry in CATALOG.items()
    for i, kwargs in enumerate(entry.examples)
]
LENGTHS = {
    "step_size",
    *(f"{n}_{k}" for n in ("transition", "decay", "warmup", "stable") for k in ("steps", "begin")),
}
FAR = 2**25 + 1
NEAR = range(FAR - 2, FAR + 12)
# What begins at FAR and is over soon after.
LATE = {
    "linear_schedule": (1.0, 0.0, 4, FAR),
    "polynomial_schedule": (1.0, 0.25, 2, 4, FAR),
    "exponential_decay": (1.0, 3, 0.5, FAR),
    "warmup_exponential_decay_schedule": (0.5, 1.0, FAR, 2, 0.5, 1, True),
    "warmup_cosine_decay_schedule": (0.5, 1.0, FAR, FAR + 7, 0.1),
    "warmup_stable_decay_schedule": (0.5, 1.0, FAR, 3, 5, 0.1),
    "warmup_constant_schedule": (0.5, 1.0, FAR),
    "inverse_sqrt_schedule": (0.5, 1.0, FAR),
    "cosine_decay_schedule": (1.0, FAR, 0.1),
    "cosine_restarts_schedule": (1.0, FAR, 3),
    "step_decay": (1.0, FAR, 0.5),
    "inverse_time_decay": (1.0, FAR, 1.0, True),
    "triangular_schedule": (0.0, 1.0, FAR),
    "triangular2_schedule": (0.0, 1.0, FAR // 2),
    "piecewise_constant_schedule": (1.0, {FAR: 0.5, FAR + 1: 0.5, FAR + 3: 0.1}),
    "piecewise_interpolate_schedule": ("linear", 1.0, {FAR: 0.5, FAR + 1: 2.0, FAR + 4: 0.1}),
    "sgdr_schedule": (
        [
            {"init_value": 0.1, "peak_value": 1.0, "warmup_steps": FAR - 4, "decay_steps": FAR},
            {"init_value": 0.1, "peak_value": 0.5, "warmup_steps": 2, "decay_steps": 6},
        ],
    ),
}
WITHOUT_BEGINNING = {
    "constant_schedule",
    "exp_range_schedule",
    "linear_onecycle_schedule",
    "cosine_onecycle_schedule",
}


def assert_close(curve, expected, largest=0.0):
    bound = 2e-6 * max(largest, *np.abs(expected))
    np.testing.assert_allclose(np.asarray(curve), expected, rtol=0, atol=bound)


def stretched(value, times, name=""):
    """Parameters of a schedule with all lengths and boundaries some times as long."""
    if isinstance(value, list):
        return [stretched(part, times) for part in value]
    if name == "boundaries_and_scales":
        return {boundary * times: scale for boundary, scale in value.items()}
    if isinstance(value, dict):
        return {key: stretched(part, times, key) for key, part in value.items()}
    return value * times if name in LENGTHS else value


def test_a_line_after_a_join_far_out_is_a_line():
    far = 33554432
    joined = schedules.join_schedules(
        [schedules.constant_schedule(1.0), schedules.linear_schedule(1.0, 0.0, 4)], [far]
    )
    for counts in (jnp.arange(far, far + 5), np.arange(far, far + 5), range(far, far + 5)):
        assert [float(joined(count)) for count in counts] == [1, 0.75, 0.5, 0.25, 0]


def test_every_schedule_has_a_formula_and_a_late_beginning():
    assert set(FORMULAS) == set(CATALOG)
    assert set(LATE) | WITHOUT_BEGINNING == set(CATALOG)


def slow(value):
    """A value of which the long run makes sure."""
    return pytest.param(value, marks=pytest.mark.slow)


@pytest.mark.parametrize("boundary", [FAR, LARGEST - 89, *map(slow, (float(2**26), 2.0**30 + 64))])
@pytest.mark.parametrize(("name", "kwargs"), CASES)
def test_after_a_join_far_out_every_value_is_that_of_the_formula(name, kwargs, boundary):
    first = schedules.constant_schedule(7.0)
    joined = schedules.join_schedules([first, CATALOG[name].by_hand(**kwargs)], [boundary])
    counts = int(boundary) + np.arange(-1, 90)
    expected = [7.0, *(FORMULAS[name](t, **kwargs) for t in range(90))]
    assert_close(jax.jit(joined)(counts.astype(np.int32)), expected)
    assert joined(int(counts[-1])) == pytest.approx(expected[-1], abs=1e-5)


@pytest.mark.parametrize("times", [2**22 + 1, slow(2**24)])
@pytest.mark.parametrize(("name", "kwargs"), CASES)
def test_with_long_stretches_every_value_is_that_of_the_formula(name, kwargs, times):
    kwargs = stretched(kwargs, times)
    ends = (times * k + d for k in range(91) for d in (-1, 0, 1))
    counts = [t for t in ends if 0 <= t < LARGEST] + [LARGEST - 1, LARGEST]
    schedule = jax.jit(CATALOG[name].by_hand(**kwargs))
    curve = schedule(jnp.array(counts, jnp.int32))
    assert_close(curve, [FORMULAS[name](t, **kwargs) for t in counts])


@pytest.mark.parametrize("dtype", ["int32", slow("float32")])
@pytest.mark.parametrize(("name", "kwargs"), CASES)
def test_lengths_far_out_may_be_traced(name, kwargs, dtype):
    if "piecewise" in name:
        pytest.skip("boundaries are keys")
    if name == "warmup_exponential_decay_schedule" and dtype == "float32":
        pytest.skip("after a traced float boundary, a join counts in floats")
    kwargs, times = stretched(kwargs, 2**22), 2**22
    counts = [t for k in range(91) for d in (-1, 0, 1) if (t := times * k + d) >= 0]
    leaves, structure = jax.tree.flatten(kwargs)
    numbers = [jnp.asarray(x, dtype) for x in leaves if type(x) is int]

    @jax.jit
    def traced(numbers, counts):
        rest = iter(numbers)
        given = [next(rest) if type(x) is int else x for x in leaves]
        return CATALOG[name].by_hand(**jax.tree.unflatten(structure, given))(counts)

    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        curve = traced(numbers, jnp.array(counts, jnp.int32))
    assert_close(curve, [FORMULAS[name](t, **kwargs) for t in counts])


@pytest.mark.parametrize("name", LATE)
def test_what_begins_far_out_and_is_soon_over_has_the_values_of_the_formula(name):
    expected = [FORMULAS[name](t, *LATE[name]) for t in NEAR]
    schedule = getattr(schedules, name)(*LATE[name])
    assert_close(jax.jit(schedule)(jnp.arange(NEAR.start, NEAR.stop)), expected)
    assert_close([schedule(t) for t in NEAR], expected)
    with jax.enable_x64(True):
        for dtype in (np.int32, np.int64):
            curve = jax.jit(schedule)(np.arange(NEAR.start, NEAR.stop, dtype=dtype))
            assert curve.dtype == np.float64
            np.testing.assert_allclose(curve, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("multiplier", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("first", [1, 3, 10, 1001])
def test_restarts_far_out_are_at_their_counts(first, multiplier):
    starts = [0]
    while starts[-1] <= LARGEST and len(starts) < 40:
        starts.append(starts[-1] + first * multiplier ** (len(starts) - 1))
    starts = [*starts, *(LARGEST // first * first - k * first for k in range(5))]
    counts = [t + d for t in starts for d in (-1, 0, 1) if 0 <= t + d <= LARGEST]
    schedule = jax.jit(schedules.cosine_restarts_schedule(1.0, first, multiplier))
    expected = [FORMULAS["cosine_restarts_schedule"](t, 1.0, first, multiplier) for t in counts]
    assert_close(schedule(jnp.array(counts, jnp.int32)), expected)


@pytest.mark.parametrize("times", [slow(10**9), 10**18])
@pytest.mark.parametrize(("name", "kwargs"), CASES)
def test_lengths_may_be_larger_than_any_count(name, kwargs, times):
    kwargs = stretched(kwargs, times)
    if times > 10**9 and "piecewise" in name:
        pytest.skip("boundaries are integers of 64 bits")
    counts = [0, 1, 10**6, 10**9, LARGEST - 1, LARGEST]
    expected = [FORMULAS[name](t, **kwargs) for t in counts]
    schedule = jax.jit(CATALOG[name].by_hand(**kwargs))
    largest = max(FORMULAS[name](times * k, **kwargs) for k in range(90))
    assert_close(schedule(np.array(counts, np.int32)), expected, largest)
    assert_close([schedule(t) for t in counts], expected, largest)


@pytest.mark.parametrize(("name", "kwargs"), CASES)
def test_before_the_first_update_the_first_value_holds(name, kwargs):
    schedule = CATALOG[name].by_hand(**kwargs)
    first = FORMULAS[name](0, **kwargs)
    for early in (jnp.array([-(2**31), -7, -1]), np.array([-3, -1]), -1, -0.5):
        np.testing.assert_allclose(schedule(early), first, rtol=1e-6)
    joined = schedules.join_schedules([schedule, schedule], [5])
    np.testing.assert_allclose(joined(jnp.array([-(2**31), -1])), first, rtol=1e-6)


@pytest.mark.parametrize(("name", "kwargs"), CASES)
def test_counts_of_all_kinds_and_shapes_give_the_same_values(name, kwargs):
    schedule = CATALOG[name].by_hand(**kwargs)
    expected = FORMULAS[name](13, **kwargs)
    kinds = [13, 13.0, *(np.dtype(t).type(13) for t in ("int8", "uint8", "uint32", "int64"))]
    for count in [*kinds, jnp.uint8(13), jnp.uint32(13), jnp.float32(13), np.full((2, 3), 13)]:
        value = schedule(count)
        assert value.dtype == jnp.float32
        assert value.shape == np.shape(count)
        np.testing.assert_allclose(value, expected, rtol=2e-6)
    assert schedule(np.zeros((0, 2), np.int64)).shape == (0, 2)
    assert jax.jit(schedule)(jnp.zeros(0, jnp.int32)).shape == (0,)


def test_a_count_beyond_the_integers_of_jax_is_a_float():
    assert schedules.linear_schedule(1.0, 0.0, 10**10)(5 * 10**9) == 0.5
    assert schedules.linear_schedule(1.0, 0.0, 10)(np.array([0, 10**10]))[1] == 0
