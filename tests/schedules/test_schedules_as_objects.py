"""What schedules take as numbers, and that they can be handed to other processes."""

import inspect
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lab import schedules
from lab.schedules import CATALOG
from lab.validation.errors import InputError

COUNTS = np.arange(60)
CASES = [
    pytest.param(name, kwargs, id=f"{name}-{i}")
    for name, entry in CATALOG.items()
    for i, kwargs in enumerate(entry.examples)
]
PUBLIC = [*CATALOG, "join_schedules"]


def copied(thing):
    return pickle.loads(pickle.dumps(thing))


@pytest.mark.parametrize("name", PUBLIC)
def test_a_factory_survives_pickle_as_itself(name):
    factory = getattr(schedules, name)
    assert copied(factory) is factory
    assert inspect.signature(factory).parameters
    assert "Args:" in inspect.getdoc(factory)


@pytest.mark.parametrize("name", CATALOG)
def test_an_entry_survives_pickle(name):
    entry = copied(CATALOG[name])
    assert entry == CATALOG[name]
    np.testing.assert_array_equal(entry.over(0.1, 50)(COUNTS), CATALOG[name].over(0.1, 50)(COUNTS))


@pytest.mark.parametrize(("name", "kwargs"), CASES)
def test_a_schedule_survives_pickle_and_has_the_same_values(name, kwargs):
    schedule = getattr(schedules, name)(**kwargs)
    expected = np.asarray(schedule(COUNTS))
    np.testing.assert_array_equal(copied(schedule)(COUNTS), expected)
    joined = schedules.join_schedules([schedule, schedule], [20])
    np.testing.assert_array_equal(copied(joined)(COUNTS), joined(COUNTS))
    np.testing.assert_array_equal(copied(copied(joined))(COUNTS), joined(COUNTS))


@pytest.mark.parametrize("name", CATALOG)
def test_a_schedule_over_a_budget_survives_pickle(name):
    schedule = CATALOG[name].over(np.float32(0.1), np.int64(50))
    np.testing.assert_array_equal(copied(schedule)(COUNTS), schedule(COUNTS))


def test_what_was_made_of_lists_does_not_change_with_them():
    parts, boundaries = [schedules.constant_schedule(1.0), schedules.constant_schedule(2.0)], [5]
    cycles = [{"init_value": 0.0, "peak_value": 1.0, "warmup_steps": 1, "decay_steps": 3}]
    scales = {3: 0.5}
    made = [
        schedules.join_schedules(parts, boundaries),
        schedules.sgdr_schedule(iter(cycles)),
        schedules.piecewise_constant_schedule(1.0, scales),
    ]
    expected = [np.asarray(schedule(COUNTS)) for schedule in made]
    parts.reverse()
    boundaries[0], cycles[0]["peak_value"], scales[3] = 7, 3.0, 0.1
    for schedule, curve in zip(made, expected):
        np.testing.assert_array_equal(schedule(COUNTS), curve)
        np.testing.assert_array_equal(copied(schedule)(COUNTS), curve)


def replaced(value, number):
    """The same parameters with every number as another type has it."""
    if isinstance(value, dict):
        return {key: replaced(part, number) for key, part in value.items()}
    if isinstance(value, list):
        return [replaced(part, number) for part in value]
    return value if isinstance(value, bool | str | None) else number(value)


@pytest.mark.parametrize(("name", "kwargs"), CASES)
def test_numbers_may_be_of_any_type(name, kwargs):
    by_hand = CATALOG[name].by_hand
    expected = np.asarray(by_hand(**kwargs)(COUNTS))
    kinds = {
        "numpy": lambda x: np.int64(x) if isinstance(x, int) else np.float32(x),
        "small": lambda x: np.uint8(x) if isinstance(x, int) else np.float64(x),
        "floats": float,
        "arrays": np.asarray,
        "of jax": jnp.asarray,
    }
    for number in kinds.values():
        curve = by_hand(**replaced(kwargs, number))(COUNTS)
        assert curve.dtype == jnp.float32
        np.testing.assert_allclose(curve, expected, rtol=2e-6, atol=2e-6 * expected.max())


@pytest.mark.parametrize(("name", "kwargs"), CASES)
def test_rates_may_be_whole_numbers(name, kwargs):
    rates = {k: 2 for k in kwargs if k.endswith("value") and kwargs[k] is not None}
    by_hand = CATALOG[name].by_hand
    expected = by_hand(**{**kwargs, **dict.fromkeys(rates, 2.0)})(COUNTS)
    for whole in (rates, {k: np.int64(2) for k in rates}, {k: jnp.int32(2) for k in rates}):
        curve = by_hand(**{**kwargs, **whole})(COUNTS)
        assert curve.dtype == jnp.float32
        np.testing.assert_array_equal(curve, expected)


@pytest.mark.parametrize("bad", [float("nan"), np.float32("nan"), True, np.True_])
@pytest.mark.parametrize("name", CATALOG)
def test_nan_and_booleans_are_no_numbers(name, bad):
    kwargs = CATALOG[name].examples[0]
    for parameter, value in kwargs.items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            with pytest.raises(InputError, match=f"{parameter} must be a number") as refusal:
                CATALOG[name].by_hand(**{**kwargs, parameter: bad})
            assert "\n" not in str(refusal.value)


def test_numbers_within_other_arguments_are_checked_as_well():
    cycle = {"init_value": 0.0, "peak_value": float("nan"), "warmup_steps": 1, "decay_steps": 3}
    constant = schedules.constant_schedule(1.0)
    for make, name in [
        (lambda: schedules.sgdr_schedule([cycle]), "peak_value|cosine_kwargs"),
        (lambda: schedules.join_schedules([constant, constant], [True]), "boundaries"),
        (lambda: schedules.piecewise_constant_schedule(1.0, {3: float("nan")}), "boundaries_and"),
        (lambda: schedules.piecewise_interpolate_schedule("linear", 1.0, {-3: 1.0}), "first bound"),
    ]:
        with pytest.raises(InputError, match=name):
            make()


@pytest.mark.parametrize("name", CATALOG)
def test_a_made_schedule_may_be_compiled_mapped_and_differentiated(name):
    over = CATALOG[name].over
    by_hand = over(0.1, 50)
    np.testing.assert_allclose(jax.vmap(by_hand)(COUNTS), by_hand(COUNTS), rtol=1e-5, atol=1e-9)
    slope = jax.jit(jax.grad(lambda peak: over(peak, 50)(7)))(0.1)
    np.testing.assert_allclose(slope * 0.1, by_hand(7), rtol=1e-4, atol=1e-8)  # rates scale with it
