"""Small made-up problems, each with a difficulty of its own; every seed gives other rows."""

import numpy as np

from lab.data.dataset import Dataset
from lab.data.streams import check_seed, generator
from lab.data.table import Table
from lab.validation.errors import require


def moons(n: int = 1000, noise: float = 0.2, seed: int = 0) -> Table:
    """Two half circles that reach into each other: 2 features, 2 classes."""
    rng, y = _begin(n, noise, seed, classes=2)
    angle = rng.uniform(0, np.pi, n)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
    return _plane("moons", np.where(y[:, None] == 0, upper, lower), y, noise, rng)


def circles(n: int = 1000, noise: float = 0.1, seed: int = 0) -> Table:
    """A circle inside another: 2 features, 2 classes; no line does better than chance."""
    rng, y = _begin(n, noise, seed, classes=2)
    angle = rng.uniform(0, 2 * np.pi, n)
    radius = np.where(y == 0, 1.0, 0.5)
    return _plane("circles", radius[:, None] * _direction(angle), y, noise, rng)


def xor(n: int = 1000, noise: float = 0.1, seed: int = 0) -> Table:
    """Opposite quadrants are alike: 2 features, 2 classes; the gradient is flat at the start."""
    rng, y = _begin(n, noise, seed, classes=2)
    x = rng.uniform(0, 1, (n, 2))
    x[:, 0] *= rng.choice([-1.0, 1.0], n)
    x[:, 1] *= np.sign(x[:, 0]) * np.where(y == 0, 1.0, -1.0)
    return _plane("xor", x, y, noise, rng)


def spirals(n: int = 1000, noise: float = 0.05, seed: int = 0) -> Table:
    """Two arms wound 1¾ times around each other: 2 features, 2 classes; needs many kinks."""
    rng, y = _begin(n, noise, seed, classes=2)
    radius = np.sqrt(rng.uniform(0.01, 1, n))
    return _plane(
        "spirals", radius[:, None] * _direction(3.5 * np.pi * radius + np.pi * y), y, noise, rng
    )


def blobs(n: int = 1000, noise: float = 0.6, seed: int = 0) -> Table:
    """Five round clouds on a circle: 2 features, 5 classes; a convex problem."""
    rng, y = _begin(n, noise, seed, classes=5)
    return _plane("blobs", 2 * _direction(2 * np.pi * y / 5), y, noise, rng)


def sparse_features(n: int = 2000, noise: float = 0.02, seed: int = 0) -> Table:
    """Words in a text: 200 indicators, 2 classes; rare words say more, as in language.

    Feature j is on in a share 0.5 / (j + 1) of the rows, and its weight grows as the inverse root
    of that share, so that all features explain equally much of the target. A rare one has few
    gradients to learn from, which rates per coordinate make up for (Duchi, Hazan & Singer 2011).

    Args:
      n: Rows.
      noise: Share of rows whose class is turned over.
      seed: Of the rows; the weights are the same for all seeds.
    """
    rng, _ = _begin(n, noise, seed, classes=2)
    require(noise < 0.5, f"noise of 'sparse_features' must be a share below 0.5, given {noise!r}.")
    share = 0.5 / np.arange(1, 201)
    weight = generator(0, "data", 1).choice([-1.0, 1.0], 200) / np.sqrt(share)
    x = rng.uniform(size=(n, 200)) < share
    y = ((x - share) @ weight > 0) ^ (rng.uniform(size=n) < noise)
    import pandas as pd

    words = pd.DataFrame(x, columns=[f"word{j}" for j in range(200)])
    return Table("sparse_features", words, y.astype(np.int64), "classification")


def _begin(n: int, noise: float, seed: int, classes: int) -> tuple[np.random.Generator, np.ndarray]:
    """The generator, and class numbers [n], equally many of each, in random order."""
    require(
        isinstance(n, int | np.integer) and n >= 5 * classes,
        f"n must be a whole number of at least {5 * classes} rows, given {n!r}.",
    )
    require(
        isinstance(noise, int | float) and 0 <= noise < np.inf,
        f"noise must be a number of at least 0, given {noise!r}.",
    )
    rng = generator(check_seed(seed), "data")
    return rng, rng.permutation(np.arange(n) % classes)


def _plane(name: str, x: np.ndarray, y: np.ndarray, noise: float, rng: np.random.Generator):
    return Table(name, x + noise * rng.standard_normal(x.shape), y, "classification")


def _direction(angle: np.ndarray) -> np.ndarray:
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


ENTRIES = tuple(
    Dataset(load.__name__, load, str(load.__doc__).splitlines()[0], "drawn by lab.data.synthetic")
    for load in (moons, circles, xor, spirals, blobs, sparse_features)
)
