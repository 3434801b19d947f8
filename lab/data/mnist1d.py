"""MNIST-1D: digits drawn as curves, shifted, stretched and blurred; made on the spot.

Greydanus 2020, Scaling down deep learning (arXiv:2011.14439). It is as small as a toy problem and
yet tells models apart: a linear one gets about 32 % right, an MLP about 68 %.
"""

import numpy as np

from lab.data.dataset import Dataset
from lab.data.streams import generator
from lab.data.table import Table
from lab.validation.errors import require

# Heights of each digit's curve at twelve points, above the base line that it starts and ends on.
_CURVES = np.array(
    [
        [0, 1, 1.5, 1.75, 2, 2, 2, 2, 1.75, 1.5, 1, 0],
        [0, -2, -2, -1.6, -1.2, -0.8, -0.4, 0, 0.4, 0.8, 0, 0],
        [0, 1, 1.5, 1.5, 1, 0.25, -0.25, -1, -1.5, -1.5, -1, 0],
        [0, 1, 1.5, 1.5, 1, 0, 0, 1, 1.5, 1.5, 1, 0],
        [0, -0.6, -1.2, -1.8, -2.4, -2.4, 0, 0, 0, 0, 0, 0],
        [0, -2, -2, -2, -2, 0, 1, 1.5, 1.5, 1, -0.5, 0],
        [0, -1, -1.5, -1.75, -2, -2, -2, -2, -1.75, -1.5, -1, 0],
        [0, 2, 2, 1.6, 1.2, 0.8, 0.4, 0, -0.4, -0.8, 0, 0],
        [0, -1, -1.5, -1.5, -1, 0, 0, -1, -1.5, -1.5, -1, 0],
        [0, -1, -1.5, -1.5, -1, 0, 0, 0, 0, -0.3, -0.7, 0],
    ]
)
_PADDING = (36, 60)  # points of base line that follow a curve: the fewer, the wider it is drawn
_POINTS = _CURVES.shape[1] + _PADDING[1]  # 72: of every padded curve
_HEIGHT = 0.4  # the curve is drawn up to a fifth higher or lower
_SHIFT = 48  # by up to so many points to the right, around the end
_WANDER = 0.25  # noise that is correlated over a few points, where there is no curve
_BLUR = 2.0  # points: standard deviation of that correlation
_SHEAR = 0.75
_FEATURES = 40  # points that are left in the end


def mnist1d(n: int = 4000, noise: float = 0.02, seed: int = 0) -> Table:
    """Digits as curves of 40 points: 4,000 rows, 40 features, 10 classes.

    Args:
      n: Rows, equally many of each class; the paper has 5,000, of which 1,000 are for testing.
      noise: Standard deviation of the independent noise at each point.
      seed: Other seeds give other rows of the same distribution.
    """
    require(
        isinstance(n, int | np.integer) and n >= 50,
        f"n must be a whole number of at least 50 rows, given {n!r}.",
    )
    require(
        isinstance(noise, int | float) and 0 <= noise < np.inf,
        f"noise must be a number of at least 0, given {noise!r}.",
    )
    rng = generator(seed, "data")
    y = rng.permutation(np.arange(n) % 10)
    curve, drawn = _stretched(rng, y)
    curve = curve * (1 + _HEIGHT * rng.uniform(-0.5, 0.5, (n, 1)))

    at = (np.arange(_POINTS) - rng.integers(0, _SHIFT, (n, 1))) % _POINTS
    curve, drawn = np.take_along_axis(curve, at, 1), np.take_along_axis(drawn, at, 1)

    wander = _WANDER * rng.standard_normal((n, _POINTS)) @ _blur()
    x = np.where(drawn, curve, wander) + noise * rng.standard_normal((n, _POINTS))
    x -= _SHEAR * rng.uniform(-0.5, 0.5, (n, 1)) * np.linspace(-0.5, 0.5, _POINTS)

    left = np.linspace(0, _POINTS - 1, _FEATURES)
    x = np.stack([np.interp(left, np.arange(_POINTS), row) for row in x])
    return Table("mnist1d", ((x - x.mean()) / x.std()).astype(np.float32), y, "classification")


def _stretched(rng: np.random.Generator, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Curves [n, 72] of the digits `y`, and where they are drawn (elsewhere is base line)."""
    digits = _CURVES / _CURVES.std(axis=1, keepdims=True) / 6
    length = digits.shape[1]
    padded = np.pad(digits, ((0, 0), (0, 1)))  # down to the base line, one point after the end
    points = length + rng.integers(_PADDING[0], _PADDING[1] + 1, len(y))
    at = np.linspace(0, points - 1, _POINTS, axis=1)  # [n, 72] in points of the padded curve
    low = np.minimum(at.astype(int), length - 1)
    part = np.minimum(at - low, 1)
    of = y[:, None]
    return (1 - part) * padded[of, low] + part * padded[of, low + 1], at < length


def _blur() -> np.ndarray:
    """[72, 72]: each point's Gaussian average over its neighbours, as weights in its column."""
    apart = np.arange(_POINTS)[:, None] - np.arange(_POINTS)
    weights = np.exp(-0.5 * (apart / _BLUR) ** 2)
    return weights / weights.sum(axis=0)


ENTRIES = (
    Dataset(
        "mnist1d",
        mnist1d,
        str(mnist1d.__doc__).splitlines()[0],
        "Greydanus 2020, Scaling down deep learning, arXiv:2011.14439",
    ),
)
