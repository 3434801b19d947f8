"""Probes: a linear model with two layers, and the state of an optimizer that remembers."""

import jax
import jax.numpy as jnp

import lab
from lab import models, optimizers, probes
from lab.types import Hypers, Snapshot
from tests.bad_input.specimens import Specimen

PARAMS = {"a": {"w": jnp.ones((2, 2))}, "b": {"w": jnp.ones((2, 1))}}
BATCH = {"x": jnp.ones((4, 2)), "y": jnp.ones((4, 1))}
KEY = jax.random.key(0)
HIDDEN = {"a": jnp.ones((4, 2))}
STATE = probes.remember(optimizers.adam(0.1)).init(PARAMS)
PROBLEM = lab.tasks.own(lambda key: PARAMS, lambda params, batch: 0.0, BATCH).problem


def loss(params, batch):
    """Mean squared error: -> []."""
    return jnp.mean((batch["x"] @ params["a"]["w"] @ params["b"]["w"] - batch["y"]) ** 2)


def measure(loss, params, batch, key):
    """Nothing."""


SNAPSHOT = Snapshot(PARAMS, {}, STATE, PARAMS, PARAMS, BATCH, jnp.zeros(()), Hypers({}, {}))
OPERATOR = probes.Operator(lambda v: v, 3, jnp.float32, lambda v: v)
OF_LOSS = {"loss": loss, "params": PARAMS, "batch": BATCH}
OF_CURVATURE = {**OF_LOSS, "key": KEY, "steps": 2}

ARGUMENTS = {
    "Flow": {"depth": 1},
    "OfLoss": {"problem": PROBLEM, "measure": measure},
    "Signal": {"model": models.MLP((2,), 1), "activation": jnp.tanh, "edges": (0.0, 1.0, 2.0)},
    "Since": {"depth": 1},
    "Together": {"probes": (("flow", probes.Flow()),)},
    "adam_preconditioner": {"opt_state": STATE, "gradient": PARAMS, "b1": 0.9},
    "cosine": {"a": PARAMS, "b": PARAMS},
    "curvature_along": {**OF_LOSS, "vector": PARAMS},
    "dead_fraction": {"preactivations": HIDDEN, "activation": jnp.tanh},
    "gradient_moments": {**OF_LOSS, "parts": 2},
    "gradient_snr": {**OF_LOSS, "parts": 2, "depth": 1},
    "hessian": {**OF_LOSS, "inverse": PARAMS},
    "hessian_trace": {**OF_LOSS, "key": KEY, "samples": 2},
    "hessian_vector_product": {**OF_LOSS, "vector": PARAMS},
    "histogram": {"hidden": HIDDEN, "edges": [0.0, 1.0, 2.0]},
    "hutchinson": {"operator": OPERATOR, "key": KEY, "samples": 2},
    "lanczos": {"operator": OPERATOR, "key": KEY, "steps": 2},
    "largest": {"operator": OPERATOR, "key": KEY, "steps": 2},
    "layer_cosines": {"a": PARAMS, "b": PARAMS, "depth": 1},
    "loss_of": {"problem": PROBLEM, "snapshot": SNAPSHOT, "key": KEY},
    "memory": {"opt_state": STATE},
    "part_gradients": {**OF_LOSS, "parts": 2},
    "preconditioned_eigenvalues": {**OF_CURVATURE, "preconditioner": PARAMS},
    "preconditioned_sharpness": {**OF_CURVATURE, "preconditioner": PARAMS},
    "relative_change": {"params": PARAMS, "start": PARAMS, "depth": 1},
    "remember": {"rule": optimizers.adam(0.1)},
    "remembering": {"entry": optimizers.CATALOG["adam"]},
    "saturated_fraction": {"preactivations": HIDDEN, "activation": jnp.tanh},
    "sharpness": OF_CURVATURE,
    "silent_fraction": {"outputs": HIDDEN},
    "stacked": {"values": {"a": 1.0, "b": 2.0}},
    "top_eigenvalues": OF_CURVATURE,
    "update_to_weight_ratio": {"update": PARAMS, "params": PARAMS, "depth": 1},
    **{f"activation_{name}": {"hidden": HIDDEN} for name in ("mean", "rms", "std")},
    **{name: {"tree": PARAMS} for name in ("layer_names", "layer_norms", "layer_rms", "layers")},
    "norm": {"tree": PARAMS},
}
SPECIMENS = tuple(
    Specimen(f"lab.probes.{name}", arguments, free=("model",))  # a module of any library
    for name, arguments in ARGUMENTS.items()
)
