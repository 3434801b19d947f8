"""Keyword arguments that tests run optimizers with; an entry without a row gets its defaults.

Several variants must not be told apart by number alone: each row switches a structure, or moves
a number far enough from its default that forgetting it shows.
"""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

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
    "signum": ({}, {"beta": 0.5, "accumulator_dtype": "bfloat16"}),
    "noisy_sgd": ({"key": 0}, {"key": 7, "eta": 0.5, "gamma": 0.3}),
    "adamax": ({}, {"b1": 0.5, "b2": 0.9, "eps": 1e-3}),
    "adamaxw": ({"weight_decay": 0.1, "mask": _matrices}, {"weight_decay": _fading, "eps": 1e-3}),
    "nadamw": ({"weight_decay": 0.1, "mask": _matrices}, {"mu_dtype": "bfloat16", **_NUMBERS}),
    "amsgrad": (
        {},
        {"mu_dtype": "bfloat16", "bias_correction_mu": False, **_NUMBERS},
        {"bias_correction_nu": False},
    ),
    "radam": ({}, {"nesterov": True, **_NUMBERS}, {"b2": 0.99, "threshold": 8.0}),
    "adabelief": ({}, {"nesterov": True, **_NUMBERS}),
    "adan": ({}, {"weight_decay": 0.1, "mask": _matrices}),
    "yogi": ({}, {"b1": 0.5, "b2": 0.9, "eps": 1e-6}),
    "lamb": ({}, {"weight_decay": 0.1, "mask": _matrices, **_NUMBERS}),
    "lars": (
        {},
        {"weight_decay": 0.1, "weight_decay_mask": _matrices, "eps": 0.5, "nesterov": True},
        {"trust_ratio_mask": _matrices, "trust_coefficient": 0.1, "momentum": 0.5},
    ),
    "fromage": ({}, {"min_norm": 2.0}),
    "rprop": ({}, {"eta_minus": 0.3, "eta_plus": 1.5, "min_step_size": 0.5, "max_step_size": 3.0}),
    "novograd": ({}, {"weight_decay": 0.1, **_NUMBERS}),
    "sm3": ({}, {"momentum": 0.5}),
    "normuon": (
        {},
        {"b1": 0.5, "b2": 0.9, "eps": 1e-3, "nesterov": False, "consistent_rms": 0.2},
        {"weight_decay": 0.1, "mask": _matrices, "adam_learning_rate": 0.01, "adam_eps": 1e-3},
    ),
    "adamuon": (
        {},
        {"beta": 0.5, "eps": 1e-3, "nesterov": False, "consistent_rms": 1.0},
        {"weight_decay": _fading, "mask": _matrices, "adam_learning_rate": 0.01},
    ),
    "scion": (
        {},
        {"b1": 0.5, "scale": 3.0, "constrained": False},
        {"norm": "spectral_max"},
        {"norm": "sign"},
        {"norm": "colnorm"},
        {"norm": "rownorm"},
    ),
    "splus": (
        {},
        {"b1": 0.5, "b2": 0.9, "ema_rate": 0.9, "inverse_every": 2, "weight_decay": _fading},
        {"max_dim": 2, "nonstandard_constant": 0.1, "mask": _matrices},
    ),
    "adafactor": (
        {},
        {
            "min_dim_size_to_factor": 2,
            "decay_rate": 0.5,
            "momentum": 0.9,
            "dtype_momentum": "float32",
            "weight_decay_rate": 0.1,
            "weight_decay_mask": _matrices,
            "eps": 1e-3,
        },
        {
            "min_dim_size_to_factor": 3,
            "clipping_threshold": None,
            "multiply_by_parameter_scale": False,
            "decay_offset": -5,
        },
        {"factored": False, "clipping_threshold": 0.3, "dtype_momentum": "bfloat16"},
    ),
    "mars_adamw": ({}, {"gamma": 0.5, "weight_decay": 0.1, "mask": _matrices, "eps": 1e-3}),
    "adam_mini": ({}, {"b1": 0.5, "b2": 0.9, "weight_decay": _fading, "mask": _matrices}),
    "galore": (
        {},
        {"rank": 1, "update_proj_gap": 2, "scale": 0.25, "weight_decay": 0.1, "mask": _matrices},
        {"rank": 1, "base_optimizer": optax.scale_by_lion()},
    ),
    "kron": (
        {"key": 0},
        {
            "key": 7,
            "b1": 0.5,
            "weight_decay": 0.1,
            "mask": _matrices,
            "preconditioner_update_probability": 0.4,
            "max_size_triangular": 1,
            "mu_dtype": "bfloat16",
        },
    ),
    "acprop": ({}, {"weight_decay": 0.1, "mask": _matrices, **_NUMBERS}),
    "cocob": ({}, {"alpha": 3.0, "eps": 1e-3, "weight_decay": 0.1, "mask": _matrices}),
    "dadapt_adamw": (
        {},
        {"betas": (0.5, 0.9), "eps": 1e-3, "estim_lr0": 1e-2, "weight_decay": 0.1},
    ),
    "simplified_ademamix": (
        {},
        {"alpha": 4.0, "weight_decay": 0.1, "mask": _matrices, **_NUMBERS},
    ),
    "mechanic_sgd": ({}, {"momentum": None, "weight_decay": 0.1, "s_init": 1e-3, "num_betas": 2}),
    "laprop": ({}, {"weight_decay": 0.1, "mask": _matrices, "b1": 0.5, "b2": 0.9, "eps": 1e-3}),
    "aggmo": ({}, {"betas": (0.3, 0.8), "weight_decay": _fading, "mask": _matrices}),
    "qhm": ({}, {"momentum": 0.9, "nu": 0.4, "weight_decay": 0.1, "mask": _matrices}),
    "qhadam": (
        {},
        {"nu1": 0.4, "nu2": 0.8, "b1": 0.9, "eps": 1e-3, "weight_decay": 0.1, "mask": _matrices},
    ),
    "grams": ({}, {"weight_decay": 0.1, "mask": _matrices, "b1": 0.5, "b2": 0.9, "eps": 1e-3}),
}

# Rules that are content with gradients; the others are in test_optimizer_information.py.
PLAIN = [name for name in CATALOG if not CATALOG[name].needs - {"key"}]
CASES = [(name, kwargs) for name in PLAIN for kwargs in VARIANTS.get(name, ({},))]

# Enough, in the ordinary run, for what hardly depends on the rule: shapes of states do.
TYPICAL = {"adam", "muon", "noisy_sgd", "schedule_free_adamw", "sgd", "shampoo", "sm3", "soap"}


def typical_first(names):
    """Names as parameters; all but the typical ones are slow."""
    return [pytest.param(n, marks=() if n in TYPICAL else pytest.mark.slow) for n in names]


def case_id(case):
    """Such as `sgd-momentum-nesterov`."""
    return "-".join([case[0], *case[1]]) if isinstance(case, tuple) else None
