"""Where optax 0.2.8 and the lab part, on purpose."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from lab import schedules
from lab.validation.errors import InputError


def test_a_compiled_fractional_power_ends_at_its_end_value_and_in_optax_not_a_number():
    """XLA divides by 10 by multiplying with its reciprocal, and 10 · fl(1/10) may exceed 1."""
    arguments = {"init_value": 1.0, "end_value": 0.25, "power": 0.5, "transition_steps": 10}
    end = jnp.int32(10)
    jax.config.update("jax_disable_most_optimizations", False)  # as users compile
    assert jax.jit(schedules.polynomial_schedule(**arguments))(end) == 0.25
    assert np.isnan(jax.jit(optax.polynomial_schedule(**arguments))(end))


def test_a_stretch_without_length_is_refused_and_in_optax_never_begins():
    with pytest.raises(InputError, match="transition_steps must be positive, given 0"):
        schedules.linear_schedule(1.0, 0.0, 0)
    assert optax.linear_schedule(1.0, 0.0, 0)(10) == 1.0


@pytest.mark.parametrize("length", [3, 10, 141, 997])
def test_stairs_fall_exactly_at_their_boundaries_also_where_the_length_is_traced(length):
    counts = jnp.array([length - 1, length, 2 * length - 1, 2 * length])
    expected = [1.0, 0.5, 0.5, 0.25]

    @jax.jit
    def stairs(length):
        return schedules.exponential_decay(1.0, length, 0.5, staircase=True)(counts)

    @jax.jit
    def steps(length):
        return schedules.step_decay(1.0, length, 0.5)(counts)

    for schedule in (stairs, steps):
        np.testing.assert_array_equal(schedule(jnp.int32(length)), expected)


def test_a_warmup_counts_towards_the_decay_steps_and_starts_with_an_empty_update():
    curve = schedules.warmup_cosine_decay_schedule(0.0, 1.0, 10, 100)(jnp.array([0, 10, 55, 100]))
    np.testing.assert_allclose(curve, [0, 1, 0.5, 0], atol=1e-6)


def test_compiled_stairs_of_optax_fall_one_update_late_for_some_lengths():
    late = jax.jit(optax.exponential_decay(1.0, 41, 0.5, staircase=True))
    exact = jax.jit(schedules.exponential_decay(1.0, 41, 0.5, staircase=True))
    counts = [jnp.int32(41 * k) for k in (1, 2, 3)]
    assert [float(exact(count)) for count in counts] == [0.5, 0.25, 0.125]
    assert [float(late(count)) for count in counts] != [0.5, 0.25, 0.125]
