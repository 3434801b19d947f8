"""A learning rate that falls when the loss no longer does."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from lab.errors import InputError, require
from lab.optimizers.common import counter
from lab.optimizers.common.numbers import NonNegative, Number, TracedCount, TracedWhole, like
from lab.optimizers.common.transformation import gradient_transformation


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
    factor: Number = 0.1,
    patience: TracedWhole = 10,
    rtol: Number = 1e-4,
    atol: Number = 0.0,
    cooldown: TracedWhole = 0,
    accumulation_size: TracedCount = 1,
    min_scale: NonNegative = 0.0,
) -> optax.GradientTransformationExtraArgs:
    """Multiply updates by a scale that falls each time the loss has stopped improving.

        L̄ ← mean of n losses;    better if L̄ < (1 − r) L* − a;    L* ← the best so far
        s ← max(f s, s_min) after p means in a row that were not better,  then p ← 0 again
        u ← s u

    For trainings whose length is not known. A schedule that sees the loss: it reacts to noise
    as well, so average over many batches or hand it a validation loss. The last link of a chain.

    Args:
      factor: f, between 0 and 1.
      patience: p, means without improvement before the scale falls.
      rtol: r, the relative improvement that counts, at most 1.
      atol: a, the absolute improvement that counts; r or a is positive.
      cooldown: Means that are ignored after the scale has fallen.
      accumulation_size: n, losses in a mean.
      min_scale: s_min.

    Returns:
      The transformation; `update` needs `value`, the loss. An impossible f, r or a is refused.

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
    f, r, a = _static(factor), _static(rtol), _static(atol)
    require(f is None or 0 < f < 1, f"factor must be strictly between 0 and 1, given {f}.")
    require(r is None or 0 <= r <= 1, f"rtol must be between 0 and 1, given {r}.")
    require(a is None or a >= 0, f"atol must be non-negative, given {a}.")
    require(r != 0 or a != 0, "rtol or atol must be positive, given 0 for both.")

    def init(params):
        dtypes = {jnp.finfo(jnp.result_type(p)).dtype for p in jax.tree.leaves(params)}
        real = sorted(dtypes, key=lambda d: jnp.finfo(d).bits) or [jnp.dtype(jnp.float32)]
        narrow, wide = real[0], real[-1]
        scale, best, mean = jnp.ones([], narrow), jnp.full([], np.inf, wide), jnp.zeros([], wide)
        stuck, resting, count = counter.zero(), counter.zero(), counter.zero()
        return ReduceLROnPlateauState(scale, best, stuck, resting, count, mean)

    def judged(state):
        """The state once a mean is complete."""
        mean, best, scale = state.avg_value, state.best_value, state.scale
        better = mean < (1 - like(rtol, best)) * best - like(atol, best)
        stuck = jnp.where(better, 0, counter.safe_increment(state.plateau_count))
        resting = state.cooldown_count > 0
        falls = ~resting & (stuck == patience)
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


def _static(number: Number) -> float | None:
    """A number that is known before compilation, or None."""
    return float(number) if isinstance(number, int | float | np.number) else None


PARTS = (reduce_on_plateau,)
