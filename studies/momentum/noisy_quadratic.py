"""Updates to a target loss against batch size, on the noisy quadratic model, by its exact risk."""

from collections.abc import Sequence

import numpy as np
import xarray as xr


def updates_by_batch(
    momenta: Sequence[float], batches: int, rates: int, target: float, dimension: int, limit: int
) -> xr.Dataset:
    """Least updates to `target` times the first loss, over the same rates for every momentum.

    The model of Zhang et al. (2019): curvatures 1/i, noise covariance equal to the Hessian, first
    point 1 on every axis; batch sizes are powers of 2. Everyone tries the same share of the stable
    range: the learning rates are in the unit 1 − momentum².

    Returns:
      `updates` (momentum, batch) and the best `rate`; infinite where no rate gets there.
    """
    h = 1 / np.arange(1, dimension + 1)
    batch, grid = 2.0 ** np.arange(batches), np.geomspace(1e-4, 3.9, rates)
    unit = 1 - np.array(momenta)[:, None] ** 2
    noise, shape = np.repeat(1 / batch, rates), (batches, rates)
    updates = np.array([
        first_below(h, np.tile(one * grid, batches), momentum, noise, target, limit).reshape(shape)
        for momentum, one in zip(momenta, unit)
    ])  # fmt: skip
    dims = ("momentum", "batch")
    return xr.Dataset(
        {"updates": (dims, updates.min(-1)), "rate": (dims, grid[updates.argmin(-1)] * unit)},
        {"momentum": list(momenta), "batch": batch},
    )


def first_below(
    h: np.ndarray, rate: np.ndarray, momentum: float, noise: np.ndarray, target: float, limit: int
) -> np.ndarray:
    """First update at which the exact risk is at the target, for each (rate, noise): [N].

    The moments follow a linear map x ← A x + b (3 × 3 per axis); its powers by doubling, then a
    binary search over the updates, as the risk passes the target once.
    """
    eta, h = rate[:, None], h[None, :]
    c = h * noise[:, None]
    m = np.full(np.broadcast_shapes(eta.shape, h.shape), momentum)
    hh = np.broadcast_to(h, m.shape)
    one, zero = np.ones_like(m), np.zeros_like(m)
    v2 = np.stack([hh**2, 2 * m * hh, m**2, c * one], -1)  # rows act on (w², wv, v², 1)
    wv = np.stack([hh, m, zero, zero], -1)
    w2 = np.stack([one, zero, zero, zero], -1) - 2 * eta[..., None] * wv + eta[..., None] ** 2 * v2
    wv = wv - eta[..., None] * v2
    last = np.stack([zero, zero, zero, one], -1)
    power = [np.stack([w2, wv, v2, last], -2)]
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(int(np.log2(limit))):
            power.append(power[-1] @ power[-1])
        x = np.broadcast_to(np.array([1.0, 0, 0, 1]), (*m.shape, 4)).copy()
        taken = np.zeros(len(rate))
        goal = target * h.sum()
        for k in range(len(power) - 1, -1, -1):
            after = (power[k] @ x[..., None])[..., 0]
            loss = (h * after[..., 0]).sum(-1)
            still = ~(loss <= goal)
            x = np.where(still[:, None, None], after, x)
            taken += np.where(still, 2**k, 0)
    return np.where(taken + 1 < 2 ** len(power), taken + 1, np.inf)
