"""Keyword arguments that tests run optimizers with; an entry without a row gets its defaults.

Several variants must not be told apart by number alone: each row switches a structure, or moves
a number far enough from its default that forgetting it shows.
"""

import jax
import jax.numpy as jnp
import numpy as np

from lab.optimizers import CATALOG


def _matrices(params):
    return jax.tree.map(lambda p: np.ndim(p) > 1, params)


def _fading(count):
    return 0.1 / (1 + jnp.asarray(count, jnp.float32))


_NUMBERS = {"b1": 0.5, "b2": 0.9, "eps": 1e-3, "eps_root": 1e-6}
VARIANTS = {
    "sgd": (
        {},
        {"momentum": 0.9},
        {"momentum": 0.5, "nesterov": True},
        {"momentum": 0.9, "accumulator_dtype": "bfloat16"},
    ),
    "momentum": ({}, {"momentum": 0.5}),
    "nesterov": ({}, {"momentum": 0.5, "accumulator_dtype": "float32"}),
    "adagrad": ({}, {"initial_accumulator_value": 0.0, "eps": 1e-10}),
    "rmsprop": (
        {},
        {"decay": 0.99, "eps": 1e-4, "initial_scale": 1.0, "eps_in_sqrt": False},
        {"centered": True, "eps": 1e-3},
        {"centered": True, "bias_correction": True, "eps_in_sqrt": False, "initial_scale": 1.0},
        {"bias_correction": True, "momentum": 0.9, "nesterov": True},
    ),
    "adadelta": (
        {},
        {"rho": 0.5, "eps": 1e-3, "weight_decay": 0.1, "weight_decay_mask": _matrices},
    ),
    "adam": ({}, {"nesterov": True}, {"mu_dtype": "bfloat16", **_NUMBERS}),
    "adamw": (
        {},
        {"weight_decay": 0.1, "mask": _matrices, "nesterov": True},
        {"weight_decay": _fading, "mu_dtype": "bfloat16", **_NUMBERS},
    ),
    "nadam": ({}, {"mu_dtype": "bfloat16", **_NUMBERS}),
    "lion": (
        {},
        {"b1": 0.5, "b2": 0.9, "weight_decay": 0.1, "mask": _matrices},
        {"mu_dtype": "bfloat16", "weight_decay": _fading},
    ),
}

CASES = [(name, kwargs) for name in CATALOG for kwargs in VARIANTS.get(name, ({},))]


def case_id(case):
    """Such as `sgd-momentum-nesterov`."""
    return "-".join([case[0], *case[1]]) if isinstance(case, tuple) else None
