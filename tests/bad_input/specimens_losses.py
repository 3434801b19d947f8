"""Losses and penalties."""

import jax.numpy as jnp

from lab.losses import LOSSES
from tests.bad_input.specimens import Specimen, parameters

Z = jnp.array([[0.5, -1.0, 2.0], [0.0, 1.0, -1.0]])
TARGETS = {
    "numbers": Z,
    "probabilities": jnp.full((2, 3), 0.5),
    "signs": jnp.sign(Z + 0.1),
    "distribution": jnp.full((2, 3), 1 / 3),
    "indices": jnp.array([0, 2]),
    "vectors": Z,
}


def _of_loss(name):
    outputs, targets, *_ = parameters(LOSSES[name].by_hand)
    return Specimen(f"lab.losses.{name}", {outputs: Z, targets: TARGETS[LOSSES[name].targets]})


SPECIMENS = (
    *(_of_loss(name) for name in LOSSES),
    Specimen(
        "lab.losses.LossEntry",
        {"name": "l", "by_hand": abs, "via_optax": None, "targets": "numbers", "reference": ""},
    ),
    Specimen("lab.losses.cosine_similarity", {"predictions": Z, "targets": Z}),
    Specimen("lab.losses.smooth_labels", {"labels": TARGETS["distribution"], "alpha": 0.1}),
    *(Specimen(f"lab.losses.{name}", {"params": {"w": Z}}) for name in ("l1", "l2", "kernels")),
)
