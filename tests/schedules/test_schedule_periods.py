"""Periods that are not whole, and counts that no integer of JAX's holds, against fractions."""

from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lab import schedules
from lab.schedules import CATALOG
from lab.schedules._time import periods, whole
from tests.schedules.formulas import FORMULAS

LARGEST = 2**31 - 1
COUNTS = [*range(30), *(2**k + d for k in (24, 25, 26, 28, 30) for d in range(-8, 9)),
          *range(LARGEST - 9, LARGEST + 1), 123_456_789, 1_987_654_321]  # fmt: skip
CASES = [
    pytest.param(name, kwargs, id=f"{name}-{i}")
    for name, entry in CATALOG.items()
    for i, kwargs in enumerate(entry.examples)
]


def exactly(counts, length):
    return [divmod(Fraction(t), Fraction(length)) for t in counts]


def phase_errors(found, counts, length):
    """By how many periods what was found is wrong, whole ones included."""
    times, rest = (np.asarray(array).tolist() for array in found)
    length = Fraction(length)
    return [
        float(abs(q + Fraction(r) / length - Fraction(t) / length))
        for t, q, r in zip(counts, times, rest, strict=True)
    ]


@pytest.mark.parametrize("traced", [False, True])
@pytest.mark.parametrize(
    "length", [1.0, 1.5, 2.5, 3.75, 7.0, 141.625, 2**16 + 0.25, 2**23 - 0.5, 2**24 + 2, 2.0**30]
)
def test_floats_go_into_integers_exactly(length, traced):
    for p in (length, np.nextafter(np.float32(length), np.float32(9e9))):
        p = float(p)

        @jax.jit
        def run(count, given, p=p):
            return periods(whole(count), given if traced else p)

        times, rest = run(np.int32(COUNTS), np.float32(p))
        expected = exactly(COUNTS, p)
        np.testing.assert_array_equal(times, [q for q, _ in expected])
        # to the last bit that a float32 has for it
        np.testing.assert_array_equal(np.float32(rest), [np.float32(float(r)) for _, r in expected])


@pytest.mark.parametrize(
    "length", [1.1, 10 / 3, 7.3, 100 / 3, 1e4 / 7, 1e6 / 7, 2**24 + 0.5, 2**25 + 1.3, 2**30 + 0.25]
)
def test_known_fractions_go_into_integers_up_to_a_rounding(length):
    found = jax.jit(lambda count: periods(whole(count), length))(np.int32(COUNTS))
    assert max(phase_errors(found, COUNTS, length)) < 2**-16
    assert 0 <= np.min(found[1]) <= np.max(found[1]) <= np.float32(length)
    with jax.enable_x64(True):
        found = jax.jit(lambda count: periods(whole(count), length))(np.int64(COUNTS))
    assert max(phase_errors(found, COUNTS, length)) < 1e-15


SURE = [pytest.param(x, marks=pytest.mark.slow) for x in (2.5, 0.1, 1.0000001, 7)]


@pytest.mark.parametrize("length", [3.75, 1 / 3, 10 / 3, 2**20 + 0.1, *SURE])
@pytest.mark.parametrize("traced", [False, True])
def test_no_cycle_leaves_its_range(length, traced):
    makers = (
        lambda k: schedules.triangular_schedule(0.25, 1.0, k),
        lambda k: schedules.triangular2_schedule(0.25, 1.0, k),
        lambda k: schedules.cosine_restarts_schedule(1.0, k, 1.0, 0.25),
        lambda k: schedules.cosine_restarts_schedule(1.0, k, 2, 0.25),
    )
    far = [2.0**31, 2.0**32, 1e10, 2.0**40, 1e30, np.inf]
    for make in makers:
        run = jax.jit(lambda t, k, make=make: make(k if traced else length)(t))
        for counts in (np.int32(COUNTS), np.float32(far)):
            curve = np.asarray(run(counts, np.asarray(length, np.float32)))
            assert (curve >= 0.25).all()
            assert (curve <= 1).all()


@pytest.mark.parametrize("length", [2.5, 3.75, 3.0])
def test_cycles_far_out_are_those_of_the_formula(length):
    for name, arguments in (
        ("triangular_schedule", (0.1, 1.0, length)),
        ("cosine_restarts_schedule", (1.0, length, 1.0)),
    ):
        curve = jax.jit(getattr(schedules, name)(*arguments))(np.int32(COUNTS))
        expected = [FORMULAS[name](t, *arguments) for t in COUNTS]
        np.testing.assert_allclose(curve, expected, rtol=0, atol=1e-6)


# Counts of 2³² and more

FAR = [2**31, 2**32, 2**32 + 1, 2**34 + 3, 2**40, 2**53 + 1, 2**62 + 1]


@pytest.mark.parametrize(
    ("schedule", "count", "expected"),
    [
        (schedules.triangular_schedule(0.1, 1.0, 4), 2**32, 0.1),
        (schedules.triangular_schedule(0.1, 1.0, 4), 2**40 + 2, 0.55),
        (schedules.triangular_schedule(0.0, 1.0, 4), 2**70, 0.0),
        (schedules.step_decay(1.0, 2**31, 0.5), 2**32, 0.25),
        (schedules.step_decay(1.0, 2**31, 0.5), 2**34, 2.0**-8),
        (schedules.exponential_decay(1.0, 2**31, 0.5, staircase=True), 2**34 - 1, 2.0**-7),
        (schedules.inverse_time_decay(1.0, 2**31, 1.0, staircase=True), 2**33, 0.2),
        (schedules.cosine_restarts_schedule(1.0, 3, 1), 2**32, 0.75),
        (schedules.linear_schedule(1.0, 0.0, 4, 2**40), 2**40 + 3, 0.25),
    ],
)
def test_a_count_beyond_the_integers_is_exact(schedule, count, expected):
    kinds = [count] if count >= 2**63 else [count, np.int64(count), np.uint64(count)]
    kinds += [float(count)] if float(count) == count else []
    for given in kinds:
        value = schedule(given)
        assert value.dtype == jnp.float32
        np.testing.assert_allclose(value, expected, rtol=1e-6)
    assert not jax.config.read("jax_enable_x64")


@pytest.mark.parametrize(("name", "kwargs"), CASES)
def test_beyond_the_integers_every_value_is_that_of_the_formula(name, kwargs):
    def formula(t):
        try:
            return FORMULAS[name](t, **kwargs)
        except OverflowError:  # of a growth, which ends
            return kwargs["end_value"]

    schedule, expected = CATALOG[name].by_hand(**kwargs), [formula(t) for t in FAR]
    found = schedule(np.array(FAR))
    assert found.dtype == jnp.float32
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)
    numbers = {k: v for k, v in kwargs.items() if isinstance(v, float)}
    traced = jax.jit(lambda numbers: CATALOG[name].by_hand(**{**kwargs, **numbers})(FAR[3]))
    np.testing.assert_allclose(traced(numbers), expected[3], rtol=1e-4, atol=1e-6)


def test_a_join_counts_exactly_beyond_the_integers():
    joined = schedules.join_schedules(
        [schedules.constant_schedule(1.0), schedules.triangular_schedule(0.0, 1.0, 4)], [2**40 + 1]
    )
    found = [float(joined(2**40 + d)) for d in range(6)]
    assert found == [1.0, 0.0, 0.25, 0.5, 0.75, 1.0]


@pytest.mark.parametrize("length", [3, 4, 2.5, 7.3])
def test_of_a_float_beyond_the_integers_the_cycle_is_exact(length):
    counts = np.float32([2.0**31 + 2**8, 2.0**32, 2.0**33 + 2**10, 1e10, 2.0**40, 1e12])
    schedule = jax.jit(schedules.triangular_schedule(0.0, 1.0, length))
    length = float(np.float32(length))
    expected = [
        FORMULAS["triangular_schedule"](Fraction(float(t)), 0.0, 1.0, Fraction(length))
        for t in counts
    ]
    np.testing.assert_allclose(schedule(counts), np.float64(expected), rtol=0, atol=1e-6)
