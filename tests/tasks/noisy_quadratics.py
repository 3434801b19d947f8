"""What the loss of noisy descent on quadratics is expected to be: Zhang et al. (2019)."""

import numpy as np

from lab.tasks.quadratics import Quadratic


def risk(quadratic: Quadratic, start, steps: int, rate, momentum=0.0, batch_size=1.0) -> np.ndarray:
    """Expected loss of heavy ball on the noisy quadratic model, after each update: [T + 1].

    The gradient on axis i is hᵢwᵢ + ξᵢ/√B with ξᵢ ~ N(0, cᵢ). With v ← g + βv, w ← w − ηv the
    second moments (E w², E wv, E v²) obey a linear recurrence, iterated here exactly.
    Zhang et al., Which algorithmic choices matter at which batch sizes?, 2019, section 3, where
    cᵢ = hᵢ.

    Args:
      quadratic: The expected loss.
      start: w₀ [D].
      steps: T.
      rate: η.
      momentum: β; 0 is plain descent, whose risk is `risk_of_descent` in closed form.
      batch_size: B.
    """
    h = np.asarray(quadratic.curvatures)
    c = h / batch_size
    w2 = np.broadcast_to(np.asarray(start, float), h.shape) ** 2
    wv, v2 = np.zeros_like(h), np.zeros_like(h)
    losses = [h @ w2 / 2]
    for _ in range(steps):
        next_v2 = h**2 * w2 + 2 * momentum * h * wv + momentum**2 * v2 + c
        next_wv = h * w2 + momentum * wv  # E w v'
        w2 = w2 - 2 * rate * next_wv + rate**2 * next_v2
        wv, v2 = next_wv - rate * next_v2, next_v2
        losses.append(h @ w2 / 2)
    return np.array(losses)


def risk_of_descent(quadratic: Quadratic, start, steps: int, rate, batch_size=1.0) -> np.ndarray:
    """The risk of plain descent in closed form [T + 1]: E w² = q^t w₀² + η²(c/B)(1 − qᵗ)/(1 − q).

    q = (1 − ηh)². Zhang et al. 2019, equation 4.
    """
    h = np.asarray(quadratic.curvatures)
    c = h / batch_size
    q = (1 - rate * h) ** 2
    power = q ** np.arange(steps + 1)[:, None]
    w2 = power * np.asarray(start, float) ** 2 + rate**2 * c * (1 - power) / (1 - q)
    return w2 @ h / 2


def steady_risk(quadratic: Quadratic, rate, momentum=0.0, batch_size=1.0) -> float:
    """Where the risk levels off: ½ Σ (η c/B)(1 + β) / ((1 − β)(2(1 + β) − ηh))."""
    h = np.asarray(quadratic.curvatures)
    c = h / batch_size
    room = 2 * (1 + momentum) - rate * h
    return float(np.sum(rate * c * (1 + momentum) / ((1 - momentum) * room)) / 2)
