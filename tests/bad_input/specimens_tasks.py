"""Tasks: a small table, a line of one's own, a landscape."""

import jax.numpy as jnp
import numpy as np

import lab
from tests.bad_input.specimens import Specimen

SOURCE = lab.data.source(
    lab.data.Table("t", np.arange(60.0).reshape(20, 3) % 7, np.arange(20) % 2, "classification")
)


def init(key):
    """One number."""
    return {"w": jnp.zeros(())}


def loss(params, batch):
    """Mean squared error: -> []."""
    return jnp.mean((params["w"] * batch["x"] - batch["y"]) ** 2)


DATA = {"x": np.linspace(0, 1, 10), "y": np.linspace(0, 2, 10)}
TABLED = lab.tasks.supervised(SOURCE, widths=(4,))
OWN = lab.tasks.own(init, loss, DATA, hypers={"init_scale": 1.0})

SPECIMENS = (
    Specimen("lab.Task", vars(OWN), free=("source", "options")),  # any that has the methods
    Specimen("lab.tasks.Problem", vars(OWN.problem)),
    Specimen("lab.tasks.Landscape", vars(lab.tasks.LANDSCAPES["rosenbrock"])),
    Specimen("lab.tasks.own", {"init": init, "loss": loss, "data": DATA, "hypers": {"s": 1.0}}),
    Specimen("lab.tasks.supervised", {"source": SOURCE, "widths": (4,), "regularizers": ("l2",)}),
    Specimen("lab.tasks.architectures", {"source": SOURCE, "most_layers": 1, "most_units": 2}),
)
