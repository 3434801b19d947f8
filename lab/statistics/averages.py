"""Moving averages of a series: exponentially weighted, and simple."""

import numpy as np

from lab.validation.checks import checked
from lab.validation.kinds import Count, Level, Samples


@checked
def ema(values: Samples, beta: Level, *, debias: bool = False) -> np.ndarray:
    """Exponentially weighted moving average along the last axis.

        V₀ = 0,  V_t = β V_{t−1} + (1 − β) θ_t;  corrected: V_t / (1 − βᵗ)

    The observation k steps old has the weight (1 − β) βᵏ. After t observations the weights sum to
    1 − βᵗ, so that the plain average starts near 0, which the correction undoes.

    Args:
      values: θ [..., T].
      beta: β, strictly between 0 and 1.
      debias: Whether to divide by the sum of the weights.

    Returns:
      V [..., T], float64.

    Raises:
      InputError: If β is outside (0, 1).

    References:
      Kingma & Ba, Adam: a method for stochastic optimization, 2015, section 3.

    >>> ema([1.0, 1.0, 1.0], 0.5)
    array([0.5  , 0.75 , 0.875])
    >>> ema([1.0, 1.0, 1.0], 0.5, debias=True)
    array([1., 1., 1.])
    """
    values = np.asarray(values, float)
    averages, now = np.empty_like(values), np.zeros(values.shape[:-1])
    for t in range(values.shape[-1]):
        now = beta * now + (1 - beta) * values[..., t]
        averages[..., t] = now
    return averages / (1 - beta ** np.arange(1, values.shape[-1] + 1)) if debias else averages


@checked
def ema_weights(beta: Level, count: Count) -> np.ndarray:
    """Weights (1 − β) βᵏ of the observations k = 0 … `count` − 1 steps old: [count].

    >>> print(round(ema_weights(0.8, 10).sum(), 3))
    0.893
    """
    return (1 - beta) * beta ** np.arange(count)


@checked
def ema_reach(beta: Level, share: Level = 0.95) -> int:
    """How many observations carry `share` of the weight: the least n with 1 − βⁿ ≥ share.

    >>> ema_reach(0.8), ema_reach(0.9)
    (14, 29)
    """
    return int(np.ceil(np.log1p(-share) / np.log(beta) - 1e-12))


@checked
def simple_average(values: Samples, window: Count) -> np.ndarray:
    """Mean of the last `window` values along the last axis, of those there are at the start.

    >>> simple_average([1.0, 3.0, 5.0], 2)
    array([1., 2., 4.])
    """
    values = np.asarray(values, float)
    return np.stack(
        [values[..., max(0, t - window + 1) : t + 1].mean(-1) for t in range(values.shape[-1])], -1
    )
