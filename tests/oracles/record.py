"""Records what torch's and keras's optimizers do, so that tests need neither: `make oracles`.

Writes `torch.json` and `keras.json` beside this file: float64 parameters after every update, for
gradients that do not depend on the parameters.
"""

import json
import os
import sys
from pathlib import Path

import numpy as np

os.environ.setdefault("KERAS_BACKEND", "torch")
FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent.parent))

from studies._site.peers import CASES  # noqa: E402

T, SHAPE = 16, (2, 3)
START = np.array([[1.0, -2.0, 1e-5], [-0.5, 3.0, 40.0]])


def gradients():
    """[T, 2, 3]: noise; flipping; |g| near 1e-6 / dying out; with exact zeros; large."""
    rng = np.random.default_rng(0)
    t = np.arange(T)
    g = rng.normal(size=(T, *SHAPE))
    g[:, 0, 1] = (-1.0) ** t * np.linspace(0.5, 2, T)
    g[:, 0, 2] *= 1e-6
    g[:, 1, 0] *= 10.0 ** (-t / 4)
    g[t % 3 == 0, 1, 1] = 0.0
    g[:, 1, 2] *= 100
    return g


def rates(fixed):
    return np.where(fixed | (np.arange(T) < 10), 0.1, 0.02)


def with_torch(call, rates_T, gradients_T):
    import torch

    name, arguments = call
    w = torch.nn.Parameter(torch.tensor(START, dtype=torch.float64))
    optimizer = getattr(torch.optim, name)([w], lr=float(rates_T[0]), **arguments)
    path = []
    for rate, gradient in zip(rates_T, gradients_T, strict=True):
        optimizer.param_groups[0]["lr"] = float(rate)
        w.grad = torch.tensor(gradient)
        optimizer.step()
        path.append(w.detach().numpy().copy())
    return path


def with_keras(call, rates_T, gradients_T):
    import keras

    name, arguments = call
    keras.config.set_floatx("float64")
    w = keras.Variable(START, dtype="float64", name="w")
    optimizer = getattr(keras.optimizers, name)(learning_rate=float(rates_T[0]), **arguments)
    optimizer.build([w])
    path = []
    for rate, gradient in zip(rates_T, gradients_T, strict=True):
        optimizer.learning_rate = float(rate)
        optimizer.apply([keras.ops.convert_to_tensor(gradient, dtype="float64")], [w])
        path.append(np.array(keras.ops.convert_to_numpy(w.value)))
    return path


def main():
    import keras
    import torch

    for library, version, run in (
        ("torch", torch.__version__.split("+")[0], with_torch),
        ("keras", f"{keras.__version__} on {keras.backend.backend()}", with_keras),
    ):
        cases = {name: case for name, case in CASES.items() if getattr(case, library)}
        recorded = {
            "library": library,
            "version": version,
            "start": START.tolist(),
            "gradients": gradients().tolist(),
            "rates": {str(fixed).lower(): rates(fixed).tolist() for fixed in (False, True)},
            "trajectories": {
                name: {
                    "call": getattr(case, library),
                    "fixed_rate": case.fixed_rate,
                    "parameters": np.stack(
                        run(getattr(case, library), rates(case.fixed_rate), gradients())
                    ).tolist(),
                }
                for name, case in cases.items()
            },
        }
        text = json.dumps(recorded, separators=(",", ":")).replace('"call"', '\n"call"')
        (FOLDER / f"{library}.json").write_text(text + "\n")
        print(f"{library} {version}: {len(cases)} trajectories, {len(text) / 1000:.0f} kB")


if __name__ == "__main__":
    main()
