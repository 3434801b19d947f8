"""Counts of operations, and regularizers."""

import jax
import jax.numpy as jnp

from lab import regularizers
from tests.bad_input.specimens import Specimen

SPECIMENS = (
    Specimen("lab.flops.count_flops", {"function": lambda: jnp.ones(2) + 1}),
    Specimen("lab.flops.follow", {"function": lambda: jnp.ones(2) + 1}),
    Specimen("lab.flops.follow_jaxpr", {"closed": jax.make_jaxpr(lambda: jnp.ones(2) + 1)()}),
    Specimen(
        "lab.regularizers.Regularizer", {"name": "r", "strengths": (("r", 0.0),), "reference": ""}
    ),
    Specimen(
        "lab.regularizers.Regularized",
        {
            "loss": lambda *arguments: (0.0, ({}, {})),
            "regularizers": (regularizers.CATALOG["l2"],),
            "facts": regularizers.Facts(classes=2),
        },
    ),
)
