"""Models: a small net and its parameters."""

from functools import partial

import jax
import jax.numpy as jnp

from lab import models
from tests.bad_input.specimens import Specimen, like

X, KEY = jnp.ones((2, 3)), jax.random.key(0)
MLP = models.MLP((2,), 1)
PARAMS, STATE = like(partial(models.init, MLP), KEY, X)
CALL = {"model": MLP, "params": PARAMS, "model_state": STATE, "x": X, "key": KEY}
TIMES = jnp.ones((2, 4, 3))

SPECIMENS = (
    Specimen("lab.models.MLP", {"widths": (8, 8), "outputs": 3, "normalization": "group"}),
    Specimen("lab.models.Elman", {"hidden": 2, "outputs": 3}),
    Specimen("lab.models.PaddedMLP", {"most_layers": 2, "most_units": 4, "outputs": 3}),
    Specimen("lab.models.init", {"model": MLP, "key": KEY, "x": X, "hypers": {"init_scale": 1.0}}),
    Specimen("lab.models.apply", {**CALL, "train": True, "hypers": {"dropout_rate": 0.5}}),
    Specimen("lab.models.hidden", {**CALL, "hypers": {"dropout_rate": 0.5}}),
    Specimen("lab.models.parameter_count", {"params": PARAMS}),
    Specimen(
        "lab.models.backpropagate_through_time",
        {
            "params": like(partial(models.init, models.Elman(2, 3)), KEY, TIMES)[0],
            "x_BTD": TIMES,
            "output_gradient_BK": jnp.ones((2, 3)),
        },
    ),
)
