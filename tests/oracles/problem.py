"""The problem on which authors' own code is recorded, and the lab compared with it. NumPy only.

Gradients are given, [T, *shape] for every array: between 1e-6 and 1e2, with exact zeros, flipping
and dying out. Rules that ask for losses, or for gradients elsewhere, get the moving quadratic
½ Σ (w − target_t)² + 1 with those gradients as targets.
"""

import json
from pathlib import Path

import numpy as np

T = 24
KEPT = (1, 2, 3, 12, 24)  # after these updates parameters are recorded
SHAPES = {
    "scalar": (), "one": (1,), "row": (1, 4), "matrix": (3, 5), "kernel": (2, 3, 2, 2),
    "square": (3, 3),  # not in the older records
}  # fmt: skip
DECAY = 0.1  # of the case "decayed"
RATE = 0.05


def start() -> dict[str, np.ndarray]:
    """The first parameters, float64."""
    rng = np.random.default_rng(1)
    return {name: rng.normal(size=shape) for name, shape in SHAPES.items()}


def gradients() -> dict[str, np.ndarray]:
    """[T, *shape] of every array, float64; the columns of each are of different regimes."""
    rng = np.random.default_rng(0)
    t = np.arange(T)
    out = {}
    for name, shape in SHAPES.items():
        g = rng.normal(size=(T, int(np.prod(shape, dtype=int))))
        regimes = (
            lambda x: x,
            lambda x: x * 1e-6,
            lambda x: np.where(t % 3 == 1, 0.0, x),
            lambda x: (-1.0) ** t * np.abs(x) * 100,
            lambda x: x * 10.0 ** (-t / 6),
        )
        for column in range(g.shape[1]):
            g[:, column] = regimes[column % len(regimes)](g[:, column])
        out[name] = g.reshape(T, *shape)
    return out


def rates(scheduled: bool, rate: float = RATE) -> np.ndarray:
    """[T]: constant, or rising for six updates and then falling to a tenth in a straight line."""
    t = np.arange(T)
    shape = np.minimum((t + 1) / 6, 1 - 0.9 * np.maximum(t - 5, 0) / (T - 6))
    return rate * shape if scheduled else np.full(T, rate)


def main() -> None:
    """Write `problem.json` beside this file: what those read who cannot import it."""
    written = {
        "kept": KEPT,
        "start": {key: x.tolist() for key, x in start().items()},
        "gradients": {key: x.tolist() for key, x in gradients().items()},
        "rates": {"constant": rates(False, 1.0).tolist(), "scheduled": rates(True, 1.0).tolist()},
    }
    path = Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(written, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
