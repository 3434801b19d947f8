"""Schedules that optax lacks, against their formulas in plain Python; joins; refusals."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from lab import schedules
from lab.schedules import CATALOG
from lab.validation.errors import InputError
from tests.schedules.formulas import FORMULAS

COUNTS = range(90)

CASES = [
    pytest.param(name, kwargs, id=f"{name}-{i}")
    for name in CATALOG
    for i, kwargs in enumerate(CATALOG[name].examples)
]


def test_every_schedule_has_a_twin_or_a_formula():
    assert {name for name, entry in CATALOG.items() if entry.via_optax is None} <= set(FORMULAS)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 2e-6), ("float64", 1e-12)])
@pytest.mark.parametrize(("name", "kwargs"), CASES)
def test_every_value_is_that_of_the_formula(name, kwargs, dtype, tolerance):
    expected = np.array([FORMULAS[name](t, **kwargs) for t in COUNTS])
    with (
        jax.enable_x64(dtype == "float64"),
        jax.numpy_dtype_promotion("strict"),
        jax.numpy_rank_promotion("raise"),
    ):
        schedule = jax.jit(CATALOG[name].by_hand(**kwargs))
        curve = np.array([schedule(jnp.int32(t)) for t in COUNTS])
        at_once = np.asarray(CATALOG[name].by_hand(**kwargs)(np.arange(len(COUNTS))))
    assert curve.dtype == dtype
    bound = tolerance * np.max(expected)
    np.testing.assert_allclose(curve, expected, rtol=0, atol=bound)
    np.testing.assert_allclose(at_once, expected, rtol=0, atol=bound)


@pytest.mark.parametrize("multiplier", [1.0, 1.5, 2.0, 3.0])
def test_restarts_are_at_their_counts_after_many_cycles(multiplier):
    first, ends = 8, [0]
    while len(ends) < 12 and ends[-1] < 30_000:
        ends.append(ends[-1] + first * multiplier ** (len(ends) - 1))
    starts = np.array([end for end in ends if end == round(end)], np.int32)
    schedule = jax.jit(schedules.cosine_restarts_schedule(1.0, first, multiplier))
    np.testing.assert_allclose(schedule(starts), 1.0, rtol=1e-6)
    assert (schedule(starts[1:] - 1) < 0.06).all()


def test_a_join_counts_from_each_boundary_and_equals_that_of_optax():
    parts = [
        schedules.linear_schedule(0.0, 1.0, 5),
        schedules.inverse_sqrt_schedule(0.5, 1.0, 2),
        lambda count: 0.25 + 0.01 * count,
    ]
    joined, twin = (f(parts, [5, 20]) for f in (schedules.join_schedules, optax.join_schedules))
    curve = np.array([joined(t) for t in range(40)])
    np.testing.assert_allclose(curve, [twin(t) for t in range(40)], rtol=1e-6)
    np.testing.assert_allclose(joined(np.arange(40)), curve, rtol=1e-6)


def test_boundaries_of_a_join_may_be_traced():
    @jax.jit
    def joined(boundary, counts):
        parts = [schedules.constant_schedule(1.0), schedules.linear_schedule(0.5, 0.0, 4)]
        return schedules.join_schedules(parts, [boundary])(counts)

    expected = [1, 1, 1, 0.5, 0.375, 0.25, 0.125, 0]
    np.testing.assert_allclose(joined(3, jnp.arange(8)), expected)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: schedules.join_schedules([lambda t: t], [3]), "one fewer"),
        (lambda: schedules.join_schedules([lambda t: t] * 3, [3, 2]), "must ascend"),
        (
            lambda: schedules.piecewise_constant_schedule(1.0, {3: -0.1}),
            r"scales\[3\] must be non-",
        ),
        (lambda: schedules.piecewise_interpolate_schedule("lienar", 1.0), "did you mean 'linear'"),
        (lambda: schedules.warmup_constant_schedule(0.0, 1.0, -1), "warmup_steps must be non-neg"),
        (lambda: schedules.sgdr_schedule([]), "at least one cycle"),
        (lambda: schedules.cosine_restarts_schedule(1.0, 0), "decay_steps must be positive"),
        (lambda: schedules.cosine_restarts_schedule(1.0, 5, 0.5), "multiplier must be at least 1"),
        (lambda: schedules.triangular_schedule(0.0, 1.0, 0), "step_size must be positive"),
        (lambda: schedules.exp_range_schedule(0.0, 1.0, 3, 0.0), "gamma must be positive"),
        (lambda: schedules.inverse_time_decay(1.0, 0, 1.0), "transition_steps must be positive"),
        (lambda: schedules.inverse_sqrt_schedule(0.0, 1.0, 0), "warmup_steps must be positive"),
        (
            lambda: schedules.warmup_stable_decay_schedule(0.0, 1.0, 1, -2, 3),
            "stable_steps must be non-negative, given -2",
        ),
    ],
)
def test_impossible_numbers_are_refused_in_a_sentence(make, message):
    with pytest.raises(InputError, match=message):
        make()


@pytest.mark.parametrize(
    "make",
    [
        lambda: schedules.polynomial_schedule(1.0, 0.0, -1, 4),
        lambda: schedules.cosine_decay_schedule(1.0, 4, exponent=-1),
        lambda: schedules.warmup_cosine_decay_schedule(0.0, 1.0, 2, 4, exponent=-1),
    ],
)
def test_powers_that_end_at_infinity_are_refused(make):
    with pytest.raises(InputError, match="must be non-negative, given -1"):
        make()
