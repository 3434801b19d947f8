"""Shapes that hold for every parameter: ends, bounds, monotony, flatness after the end."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab import optimizers, schedules
from lab.schedules import CATALOG
from lab.validation.errors import InputError

rates = st.floats(2**-13, 128, width=32)
lengths = st.integers(1, 150)
powers = st.floats(0.25, 4)
common = settings(max_examples=12, deadline=None, derandomize=True)

# Jitted over counts and numbers, so that hypothesis compiles each schedule once.
T = 200
COUNTS = jnp.arange(T)


def compiled(schedule):
    return jax.jit(lambda *numbers: schedule(*numbers)(COUNTS))


OVER = {name: compiled(entry.over) for name, entry in CATALOG.items()}
LINEAR = compiled(schedules.linear_schedule)
POLYNOMIAL = compiled(schedules.polynomial_schedule)
COSINE = compiled(schedules.cosine_decay_schedule)
WARMUP = compiled(schedules.warmup_cosine_decay_schedule)
EXPONENTIAL = compiled(schedules.exponential_decay)
STEP = compiled(schedules.step_decay)
ONECYCLES = [
    compiled(schedules.linear_onecycle_schedule),
    compiled(schedules.cosine_onecycle_schedule),
]


def falls(values, slack=1e-6):
    return np.all(np.diff(values) <= slack * np.max(np.abs(values)))


@pytest.mark.parametrize("name", CATALOG)
@common
@given(peak=rates, steps=lengths)
def test_over_a_budget_rates_are_positive_and_at_most_the_peak(name, peak, steps):
    curve = np.asarray(OVER[name](jnp.float32(peak), jnp.int32(steps)))[:steps]
    assert np.isfinite(curve).all()
    assert (curve >= 0).all()
    assert (curve <= peak * (1 + 1e-5)).all()
    if steps >= 10:
        assert curve.max() >= peak * (1 - 1e-5)


@pytest.mark.parametrize("name", CATALOG)
def test_over_may_be_mapped_over_peaks_and_budgets_and_agrees_with_static_numbers(name):
    over = CATALOG[name].over
    mapped = jax.vmap(lambda peak, steps: over(peak, steps)(COUNTS))(
        jnp.array([0.1, 3.0]), jnp.array([30, 120])
    )
    for curve, peak, steps in zip(mapped, (0.1, 3.0), (30, 120), strict=True):
        np.testing.assert_allclose(curve[:steps], over(peak, steps)(COUNTS)[:steps], rtol=1e-4)


@pytest.mark.parametrize("name", CATALOG)
def test_any_schedule_drives_an_optimizer_under_strict_promotion(name):
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        rule = optimizers.adamw(CATALOG[name].over(0.1, 20))
        params = jnp.ones(2, jnp.bfloat16)
        updates, _ = rule.update(params, rule.init(params), params)
    assert updates.dtype == jnp.bfloat16
    assert np.isfinite(np.asarray(updates, np.float32)).all()


@common
@given(start=rates, end=rates, steps=lengths, begin=st.integers(0, 40))
def test_linear_and_polynomial_are_flat_outside_and_between_their_ends(start, end, steps, begin):
    linear = np.asarray(LINEAR(start, end, steps, begin))
    square = np.asarray(POLYNOMIAL(start, end, 1.0, steps, begin))
    np.testing.assert_allclose(linear[: begin + 1], start, rtol=1e-5, atol=1e-6 * end)
    np.testing.assert_allclose(linear[begin + steps :], end, rtol=1e-6)
    assert (linear >= min(start, end) * (1 - 1e-5)).all()
    assert (linear <= max(start, end) * (1 + 1e-5)).all()
    np.testing.assert_allclose(linear, square, rtol=1e-6)


@common
@given(start=rates, steps=lengths, alpha=st.floats(0, 1), power=powers)
def test_cosine_falls_from_its_start_to_its_end_and_stays(start, steps, alpha, power):
    curve = np.asarray(COSINE(start, steps, alpha, power))
    np.testing.assert_allclose(curve[0], start, rtol=1e-5)
    np.testing.assert_allclose(curve[steps:], alpha * start, rtol=1e-5, atol=1e-7 * start)
    assert falls(curve)


@common
@given(peak=rates, warmup=st.integers(0, 50), rest=st.integers(1, 100), power=powers)
def test_warmup_rises_to_the_peak_and_falls_within_the_whole_length(peak, warmup, rest, power):
    curve = np.asarray(WARMUP(0.0, peak, warmup, warmup + rest, 0.1 * peak, power))
    np.testing.assert_allclose(curve[warmup], peak, rtol=1e-5)
    assert falls(-curve[: warmup + 1])
    assert falls(curve[warmup:])
    np.testing.assert_allclose(curve[warmup + rest :], 0.1 * peak, rtol=1e-5)
    if warmup:
        assert curve[0] == 0  # so the first update does nothing


@common
@given(start=rates, steps=lengths, rate=st.floats(0.01, 1))
def test_exponential_and_step_decay_meet_at_the_boundaries(start, steps, rate):
    smooth = np.asarray(EXPONENTIAL(start, steps, rate))
    steps_down = np.asarray(STEP(start, steps, rate))
    np.testing.assert_allclose(steps_down[::steps], smooth[::steps], rtol=1e-4)
    assert falls(smooth)
    assert falls(steps_down)
    assert (steps_down >= smooth * (1 - 1e-4)).all()
    assert np.unique(steps_down[:steps]).size == 1


@pytest.mark.parametrize("schedule", ONECYCLES)
@common
@given(peak=rates, steps=st.integers(10, 150))
def test_one_cycle_starts_low_peaks_once_and_ends_almost_at_zero(schedule, peak, steps):
    curve = np.asarray(schedule(steps, peak))
    top = int(np.float32(0.3) * np.float32(steps))
    np.testing.assert_allclose(curve[0], peak / 25, rtol=1e-5)
    np.testing.assert_allclose(curve[top], peak, rtol=1e-5)
    np.testing.assert_allclose(curve[steps:], peak / 25 / 1e4, rtol=1e-5)
    assert falls(-curve[: top + 1])
    assert falls(curve[top:])


def test_an_exponential_bound_stops_decay_and_growth():
    falling = schedules.exponential_decay(1.0, 5, 0.5, end_value=0.1)
    rising = schedules.exponential_decay(1.0, 5, 2.0, end_value=7.0)
    assert np.min(falling(COUNTS)) == pytest.approx(0.1)
    assert np.max(rising(COUNTS)) == pytest.approx(7.0)


def test_a_step_falls_at_its_boundary():
    np.testing.assert_allclose(
        schedules.step_decay(1.0, 3)(np.arange(7)), [1, 1, 1, 0.1, 0.1, 0.1, 0.01], rtol=1e-6
    )


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float32])
def test_counts_are_never_rounded_to_the_dtype_of_the_rate(dtype):
    curve = schedules.linear_schedule(dtype(1), dtype(0), 1000)(jnp.array([256, 257, 258]))
    assert curve.dtype == jnp.float32
    np.testing.assert_allclose(curve, [0.744, 0.743, 0.742], rtol=1e-6)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: schedules.linear_schedule(1.0, 0.0, 0), "transition_steps must be positive"),
        (lambda: schedules.linear_schedule(1.0, 0.0, 5, -1), "transition_begin must be non-neg"),
        (lambda: schedules.polynomial_schedule(1.0, 0.0, 2, -3), "given -3"),
        (lambda: schedules.exponential_decay(1.0, 5, 0.0), "decay_rate must be positive"),
        (lambda: schedules.step_decay(1.0, 0), "step_size must be positive, given 0"),
        (lambda: schedules.cosine_decay_schedule(1.0, 0), "decay_steps must be positive"),
        (lambda: schedules.warmup_cosine_decay_schedule(0.0, 1.0, 9, 9), "includes the warm-up"),
        (lambda: schedules.warmup_cosine_decay_schedule(0.0, 1.0, -1, 9), "warmup_steps must be"),
        (lambda: schedules.linear_onecycle_schedule(0, 1.0), "transition_steps must be positive"),
        (lambda: schedules.cosine_onecycle_schedule(9, 1.0, div_factor=0.0), "div_factor must be"),
    ],
)
def test_impossible_numbers_are_refused_in_a_sentence(make, message):
    with pytest.raises(InputError, match=message):
        make()
