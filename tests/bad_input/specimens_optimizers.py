"""Optimizers and transforms, of which construction is the call.

What an optimizer has no default for is found by the annotation, so that a new one needs no line
here: a learning rate, a number or another transformation.
"""

import inspect

import jax.numpy as jnp
import optax

from lab import optimizers
from tests.bad_input.specimens import Specimen, callables, parameters, resolve

PARAMS = {"w": jnp.ones((2, 2)), "b": jnp.ones(2)}
OWN = {
    "asgd_eval_params": {"state": optimizers.asgd(0.1).init(PARAMS), "params": PARAMS},
    "current_learning_rate": {
        "state": optimizers.sgd(0.1).init(PARAMS),
        "learning_rate": 0.1,
    },
    "dog": {"init_step": ("heuristic", 1e-6)},
    "apply_if_finite": {"max_consecutive_errors": 2},
    "multi_steps": {"every_k_schedule": 2},
    "freeze": {"mask": {"w": True, "b": False}},
    "lookahead": {"sync_period": 2},
    "noisy_sgd": {"learning_rate": 0.1, "key": 0},
    "add_noise": {"eta": 0.1, "gamma": 0.5, "key": 0},
    "scale_by_dog": {"init_step": ("heuristic", 1e-6)},
    "scale_layers": {"factors": {"w": 0.5, "b": 1.0}},
    "splus_eval_params": {"state": optimizers.splus(0.1).init(PARAMS)[0], "params": PARAMS},
    "schedule_free_eval_params": {
        "state": optimizers.schedule_free_sgd(0.1).init(PARAMS),
        "params": PARAMS,
    },
}


def _arguments(name):
    own = OWN.get(name.rsplit(".", 1)[1], {})
    return {
        p.name: optax.identity() if p.annotation is optax.GradientTransformation else 0.5
        for p in parameters(resolve(name)).values()
        if p.default is inspect.Parameter.empty
    } | own


SPECIMENS = tuple(
    Specimen(name, _arguments(name)) for name in callables(optimizers, "lab.optimizers")
)
