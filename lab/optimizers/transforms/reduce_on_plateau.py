"""A learning rate that falls when the loss no longer does."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from lab.optimizers.common import counter
from lab.optimizers.common.numbers import (
    NonNegative,
    Number,
    OpenShare,
    Share,
    TracedCount,
    TracedWhole,
    like,
    wide_dtype,
)
from lab.optimizers.common.transformation import gradient_transformation
from lab.validation.errors import InputError, require


class ReduceLROnPlateauState(NamedTuple):
    """The factor so far, and how the loss has been doing."""

    scale: jax.Array  # s, in the narrowest dtype of the parameters
    best_value: jax.Array  # the least mean loss so far, in their widest dtype
    plateau_count: jax.Array  # int32 []: mean losses without improvement
    cooldown_count: jax.Array  # int32 []: mean losses still to be ignored
    count: jax.Array  # int32 []: losses in the current mean
    avg_value: jax.Array  # the current mean


@gradient_transformation
def reduce_on_plateau(
    factor: OpenShare = 0.1,
    patience: TracedWhole = 10,
    rtol: Share = 1e-4,
    atol: NonNegative = 0.0,
    cooldown: TracedWhole = 0,
    accumulation_size: TracedCount = 1,
    min_scale: Share = 0.0,
) -> optax.GradientTransformationExtraArgs:
    """Multiply updates by a scale that falls each time the loss has stopped improving.

        L̄ ← mean of n losses;    better if L̄ < L* − r |L*| − a;    L* ← the best so far
        s ← max(f s, s_min) at the p-th mean in a row that is not better,  then counted anew
        u ← s u

    For trainings whose length is not known. A schedule that sees the loss: it reacts to noise
    as well, so average over many batches or hand it a validation loss. The last link of a chain.
    The patience is Keras's, of which 0 is the same as 1; PyTorch's is one less: its p lets p means
    pass, and the scale falls at the next. Losses may be negative, where optax 0.2.8, with
    (1 − r) L*, takes every loss for better.

    Args:
      factor: f, between 0 and 1.
      patience: p, means without improvement, the one at which the scale falls among them.
      rtol: r, the relative improvement that counts, at most 1.
      atol: a, the absolute improvement that counts; r or a is positive.
      cooldown: Means that are ignored after the scale has fallen.
      accumulation_size: n, losses in a mean.
      min_scale: s_min.

    Returns:
      The transformation; `update` needs `value`, the loss.

    References:
      Keras's and PyTorch's ReduceLROnPlateau; Bottou, Curtis & Nocedal, Optimization methods for
      large-scale machine learning, 2018, section 4.2, halve a constant rate when progress stalls.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.reduce_on_plateau(0.5, patience=2)
      >>> state = rule.init(jnp.zeros(1))
      >>> for loss in (3.0, 2.0, 2.0, 2.0):
      ...     updates, state = rule.update(jnp.ones(1), state, value=loss)
      >>> print(updates)
      [0.5]
    """
    require(
        not (_is_known_zero(rtol) and _is_known_zero(atol)),
        "rtol or atol must be positive, given 0 for both.",
    )

    def init(params):
        dtypes = {jnp.finfo(wide_dtype(p)).dtype for p in jax.tree.leaves(params)}
        real = sorted(dtypes, key=lambda d: jnp.finfo(d).bits) or [jnp.dtype(jnp.float32)]
        narrow, wide = real[0], real[-1]
        scale, best, mean = jnp.ones([], narrow), jnp.full([], np.inf, wide), jnp.zeros([], wide)
        stuck, resting, count = counter.zero(), counter.zero(), counter.zero()
        return ReduceLROnPlateauState(scale, best, stuck, resting, count, mean)

    def judged(state):
        """The state once a mean is complete."""
        mean, best, scale = state.avg_value, state.best_value, state.scale
        size = jnp.where(jnp.isfinite(best), jnp.abs(best), 0)  # at first there is no best
        better = mean < best - like(rtol, best) * size - like(atol, best)
        stuck = jnp.where(better, 0, counter.safe_increment(state.plateau_count))
        resting = state.cooldown_count > 0
        falls = ~resting & ~better & (stuck >= patience)
        fallen = jnp.where(falls, scale * like(factor, scale), scale)
        fallen, rest = jnp.maximum(fallen, like(min_scale, scale)), jnp.where(falls, cooldown, 0)
        return ReduceLROnPlateauState(
            scale=jnp.where(resting, scale, fallen),
            best_value=jnp.where(better, mean, best),
            plateau_count=jnp.where(resting | falls, 0, stuck),
            cooldown_count=jnp.where(resting, state.cooldown_count - 1, rest),
            count=counter.zero(),
            avg_value=jnp.zeros_like(mean),
        )

    def update(updates, state, params=None, *, value=None, **extra):
        del params, extra
        if value is None:
            raise InputError(
                "reduce_on_plateau needs the loss: call update(updates, state, params, value=loss)."
            )
        n, mean = counter.safe_increment(state.count), state.avg_value
        total = state.count.astype(mean.dtype) * mean + jnp.asarray(value).astype(mean.dtype)
        state = state._replace(count=n, avg_value=total / n.astype(mean.dtype))
        complete = n == accumulation_size
        new = jax.tree.map(lambda j, s: jnp.where(complete, j, s), judged(state), state)
        return jax.tree.map(lambda u: like(new.scale, u) * u, updates), new

    return optax.GradientTransformationExtraArgs(init, update)


def _is_known_zero(number: Number) -> bool:
    return isinstance(number, float | np.number) and number == 0


PARTS = (reduce_on_plateau,)
