"""The foundations by hand: perceptrons, and nets of two or three layers."""

import jax
import jax.numpy as jnp

from lab.foundations import backpropagation, derivatives, perceptron
from tests.bad_input.specimens import Specimen, like

X, T = jnp.ones((4, 2)), jnp.ones((4, 1))
UNIT = like(lambda: perceptron.start(2))
NAMES = ("tanh", "sigmoid")
LAYERS = like(lambda: backpropagation.initialize(jax.random.key(0), (2, 3, 1)))
DEEP = [backpropagation.Layer(jnp.ones(n), jnp.ones(n[1])) for n in ((3, 3), (3, 2), (2, 1))]
NET = derivatives.LinearNet(*[jnp.float32(1)] * 9)

ARGUMENTS = {
    "backpropagation": {
        "initialize": {"key": jax.random.key(0), "widths": (2, 3, 1)},
        "forward": {"layers": LAYERS, "x": X, "activations": NAMES},
        "errors": {
            "layers": LAYERS,
            "outputs": like(lambda: backpropagation.forward(LAYERS, X, NAMES)),
            "target": T,
            "activations": NAMES,
        },
        "gradient": {"layers": LAYERS, "x": X, "target": T, "activations": NAMES},
        "update": {"layers": LAYERS, "slope": LAYERS, "alpha": 0.1},
        "loss": {"layers": LAYERS, "x": X, "target": T, "activations": NAMES},
    },
    "counting": {
        "parameter_count": {"widths": (2, 3, 1)},
        "multiplications": {"widths": (2, 3, 1), "memoized": True},
        "counted": {"widths": (2, 3, 1), "memoized": True},
    },
    "derivatives": {
        "linear_outputs": {"net": NET, "x": X[0]},
        "linear_loss": {"net": NET, "x": X[0], "y": jnp.float32(1)},
        "nine_derivatives": {"net": NET, "x": X[0], "y": jnp.float32(1)},
        "deep_outputs": {"layers": DEEP, "x": jnp.ones(3)},
        "deep_loss": {"layers": DEEP, "x": jnp.ones(3), "y": jnp.float32(1)},
        "paths": {"layers": DEEP, "x": jnp.ones(3), "y": jnp.float32(1)},
    },
    "gradient_check": {
        "finite_differences": {"function": jnp.sum, "at": jnp.ones(2), "step": 0.1},
        "relative_error": {"a": {"w": X}, "b": {"w": X}},
    },
    "graphs": {"computational_graph": {"function": lambda: jnp.float32(1.0)}},
    "perceptron": {
        "start": {"inputs": 2},
        "net": {"unit": UNIT, "x": X},
        "output": {"unit": UNIT, "x": X},
        "learn_one": {"unit": UNIT, "x": X[0], "t": T[0]},
        "learn_epoch": {"unit": UNIT, "x": X, "t": T},
        "fit": {"x": X, "t": T, "max_epochs": 2},
        "path": {"x": X, "t": T, "epochs": 2},
        "loss": {"unit": UNIT, "x": X[0], "t": T[0]},
        "margin": {"x": X, "t": T[:, 0], "direction": jnp.ones(3)},
        "mistake_bound": {"x": X, "margin": 0.1},
    },
    "units": {
        "delta_rule": {
            "weights": jnp.ones((2, 1)),
            "bias": jnp.ones(1),
            "x": X[0],
            "t": T[0],
            "activation": "sigmoid",
            "alpha": 0.1,
        },
    },
    "worked_example": {"layers": {}, "steps": {}},
}
SPECIMENS = tuple(
    Specimen(f"lab.foundations.{file}.{name}", arguments)
    for file, functions in ARGUMENTS.items()
    for name, arguments in functions.items()
)
