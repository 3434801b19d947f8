"""Rates given at a few boundaries, and held or interpolated between them."""

import itertools
import operator
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import optax

from lab.catalog import ScheduleEntry
from lab.schedules._made import made
from lab.schedules._numbers import Number, check, floats
from lab.schedules._time import cosine, line, reached, since, through, whole
from lab.validation.checks import checked
from lab.validation.errors import UnknownNameError

Scales = dict[int, Number]
WAYS = {"linear": line, "cosine": cosine}


@checked
def piecewise_constant_schedule(
    init_value: Number, boundaries_and_scales: Scales | None = None
) -> optax.Schedule:
    """Multiply by given factors at given counts, and hold in between.

        η(t) = I ∏ {rᵢ : t ≥ bᵢ}

    Milestones set by hand. The factors accumulate: {30: 0.1, 60: 0.1} ends at I / 100. The
    switch is at the boundary itself, one update before that of Keras.

    Args:
      init_value: I.
      boundaries_and_scales: {bᵢ: rᵢ}, rᵢ ≥ 0; None for a constant.

    Returns:
      The schedule.

    Raises:
      InputError: If a static factor is negative.

    References:
      He et al., Deep residual learning, 2016, section 4.2.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import schedules
      >>> schedule = schedules.piecewise_constant_schedule(1.0, {2: 0.5, 4: 0.5})
      >>> print(schedule(jnp.arange(6)))
      [1.   1.   0.5  0.5  0.25 0.25]
    """
    return _constant(init_value, *_sorted(boundaries_and_scales))


@checked
def piecewise_interpolate_schedule(
    interpolate_type: str, init_value: Number, boundaries_and_scales: Scales | None = None
) -> optax.Schedule:
    """Through the values that accumulated factors give at their counts, in lines or half cosines.

        η(bₖ) = I ∏ {rᵢ : i ≤ k},    η(0) = I,    flat after the last boundary

    Any polygon can be written so; one-cycle schedules are special cases.

    Args:
      interpolate_type: `"linear"`, or `"cosine"` for no corners.
      init_value: I.
      boundaries_and_scales: {bᵢ: rᵢ}, bᵢ > 0, rᵢ ≥ 0; None for a constant.

    Returns:
      The schedule.

    Raises:
      InputError: If the type is neither, or a static factor or the first boundary negative.

    References:
      Smith & Topin, Super-convergence, 2017, figure 1, is the kind of curve that this is for.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import schedules
      >>> schedule = schedules.piecewise_interpolate_schedule("linear", 1.0, {2: 3.0, 4: 0.0})
      >>> print(schedule(jnp.arange(6)))
      [1.  2.  3.  1.5 0.  0. ]
    """
    if interpolate_type not in WAYS:
        raise UnknownNameError("interpolate_type", interpolate_type, WAYS)
    boundaries, scales = _sorted(boundaries_and_scales)
    for boundary in boundaries[:1]:
        check("non-negative", **{"the first boundary of boundaries_and_scales": boundary})
    return _interpolated(interpolate_type, init_value, boundaries, scales)


@made
def _constant(
    init_value: Number, boundaries: Sequence[Number], scales: Sequence[Number]
) -> optax.Schedule:
    def schedule(count):
        t = whole(count)
        value, *factors = floats(init_value, *scales)
        value = jnp.broadcast_to(value, jnp.shape(t))
        for boundary, factor in zip(boundaries, factors, strict=True):
            value = jnp.where(reached(t, boundary), value * factor, value)
        return value

    return schedule


@made
def _interpolated(
    interpolate_type: str,
    init_value: Number,
    boundaries: Sequence[Number],
    scales: Sequence[Number],
) -> optax.Schedule:
    def schedule(count):
        start, *factors = floats(init_value, *scales)
        values = itertools.accumulate([start, *factors], operator.mul)
        lengths = [since(b, a) for a, b in itertools.pairwise([0, *boundaries])]
        stretches = list(zip(lengths, [*values][1:], strict=True))
        return through(whole(count), start, stretches, WAYS[interpolate_type])

    return schedule


def _sorted(boundaries_and_scales: Scales | None) -> tuple[list[int], list[Number]]:
    pairs = sorted((boundaries_and_scales or {}).items())  # of distinct boundaries
    for boundary, scale in pairs:
        check("non-negative", **{f"boundaries_and_scales[{boundary}]": scale})
    return [boundary for boundary, _ in pairs], [scale for _, scale in pairs]


def _over_steps(peak: Any, steps: Any) -> optax.Schedule:
    """Down at half and three quarters of the budget, as He et al. do; it may be traced."""
    return _constant(peak, [steps / 2, steps / 4 * 3], [0.1, 0.1])


def _over_waves(peak: Any, steps: Any) -> optax.Schedule:
    return _interpolated("cosine", 0.1 * peak, [steps // 5, steps // 2, steps], [10.0, 0.5, 0.0])


ENTRIES = (
    ScheduleEntry(
        name="piecewise_constant_schedule",
        by_hand=piecewise_constant_schedule,
        via_optax=optax.piecewise_constant_schedule,
        over=_over_steps,
        reference="He et al. 2016, section 4.2",
        examples=(
            {"init_value": 1.0, "boundaries_and_scales": {30: 0.1, 45: 0.1}},
            {"init_value": 0.5, "boundaries_and_scales": {50: 0.2, 10: 2.0, 11: 0.7}},
            {"init_value": 0.3},
        ),
    ),
    ScheduleEntry(
        name="piecewise_interpolate_schedule",
        by_hand=piecewise_interpolate_schedule,
        via_optax=optax.piecewise_interpolate_schedule,
        over=_over_waves,
        reference="Smith & Topin 2017, figure 1",
        examples=(
            {
                "interpolate_type": "linear",
                "init_value": 0.1,
                "boundaries_and_scales": {64: 0.01, 16: 10.0, 32: 0.5},
            },
            {
                "interpolate_type": "cosine",
                "init_value": 0.5,
                "boundaries_and_scales": {17: 2.0, 50: 0.1, 51: 0.5},
            },
            {"interpolate_type": "cosine", "init_value": 0.3},
        ),
    ),
)
