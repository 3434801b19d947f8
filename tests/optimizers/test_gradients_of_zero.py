"""Nothing is divided by nothing, on no path: neither gradients nor bounds of zero make a NaN.

Without compilation, where JAX looks at the result of every operation, also of those that a
`where` throws away.
"""

import inspect

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from lab import optimizers
from lab.optimizers import CATALOG

PARAMS = {
    "w": jnp.array([[1.0, -2.0], [3.0, 0.5]]),
    "b": jnp.zeros(2),
    "scalar": jnp.array(0.5),
    "empty": jnp.zeros(0),
}
ZEROS = jax.tree.map(jnp.zeros_like, PARAMS)
NOT_RULES = {"CATALOG"} | {n for n in dir(optimizers) if n.endswith(("_params", "_rate"))}
REQUIRED = {
    "dog": {"init_step": ("heuristic", 1e-6)},
    "scale_by_dog": {"init_step": ("distance", 0.1)},
    "freeze": {"mask": {"w": True, "b": False, "scalar": False, "empty": False}},
    "scale_layers": {"factors": 0.5},
    "lookahead": {"sync_period": 2},
    "multi_steps": {"every_k_schedule": 2},
    "apply_if_finite": {"max_consecutive_errors": 2},
}
OF_MATRICES = {"scale_by_muon", "scale_by_shape"}  # what takes nothing else
RULES = sorted((set(dir(optimizers)) - NOT_RULES) | {"scale_by_learning_rate"})
BOUNDS = [  # of zero
    ("clip", {"max_delta": 0.0}),
    ("clip_by_global_norm", {"max_norm": 0.0}),
    ("clip_by_block_norm", {"max_norm": 0.0}),
    ("clip_by_block_rms", {"threshold": 0.0}),
    ("adaptive_grad_clip", {"clipping": 0.0}),
    ("adaptive_grad_clip", {"clipping": 0.5, "eps": 0.0}),
    ("max_norm", {"largest": 0.0}),
    ("scale_by_param_block_rms", {"min_scale": 0.0}),
    ("scale_by_trust_ratio", {"min_norm": 0.0, "trust_coefficient": 0.0}),
    ("fromage", {"learning_rate": 0.1, "min_norm": 0.0}),
    ("lars", {"learning_rate": 0.1, "trust_coefficient": 0.0}),
    ("adafactor", {"learning_rate": 0.1, "clipping_threshold": 0.0}),
    ("sophia", {"learning_rate": 0.1, "clip_threshold": 0.0, "gamma": 0.0}),
    ("polyak_sgd", {"max_learning_rate": 0.0}),
    ("dog", {"init_step": ("distance", 0.0), "eps": 0.0}),
    ("dowg", {"init_estim_sq_dist": 0.0, "eps": 0.0}),
    ("sam_sgd", {"learning_rate": 0.1, "rho": 0.0}),
    ("adopt", {"learning_rate": 0.1, "clip_value_fn": lambda t: 0.0}),
    ("reduce_on_plateau", {"patience": 0}),
    ("proximal_l1", {"strength": 0.0, "learning_rate": 0.0}),
    ("madgrad", {"learning_rate": 0.0}),
]


def arguments(name):
    """For what has no default: a rule to put around, or a number."""
    return {
        p.name: optax.identity() if "Transformation" in str(p.annotation) else 0.5
        for p in inspect.signature(getattr(optimizers, name)).parameters.values()
        if p.default is p.empty
    } | REQUIRED.get(name, {})


def updates_of(name, given, gradients, number=2):
    """The updates, with losses that are flat where gradients are zero."""

    def loss(w):
        inner = jax.tree.map(lambda x, g: jnp.sum(jax.lax.stop_gradient(g) * x), w, gradients)
        return sum(jax.tree.leaves(inner))

    rule = getattr(optimizers, name)(**given)
    params, seen = PARAMS, []
    if name in OF_MATRICES:
        params, gradients = {"w": params["w"]}, {"w": gradients["w"]}
    with jax.debug_nans(True):
        state = rule.init(params)
        for _ in range(number):
            updates, state = rule.update(
                gradients, state, params, value=0.0, grad=gradients, value_fn=loss, obj_fn=loss,
                grad_fn=lambda w, i: gradients,
            )  # fmt: skip
            seen += jax.tree.leaves(updates)
            params = optax.apply_updates(params, updates)
    assert all(np.isfinite(x).all() for x in jax.tree.leaves(state) if np.ndim(x))
    return seen


@pytest.mark.parametrize("name", RULES)
def test_gradients_of_zero_make_finite_updates(name):
    assert all(np.isfinite(u).all() for u in updates_of(name, arguments(name), ZEROS))


def test_every_rule_of_the_catalogue_is_among_them():
    assert set(CATALOG) <= set(RULES)


@pytest.mark.parametrize("gradients", [ZEROS, PARAMS], ids=["zero", "not zero"])
@pytest.mark.parametrize("case", BOUNDS, ids=lambda case: "-".join([case[0], *case[1]]))
def test_bounds_of_zero_make_finite_updates(case, gradients):
    updates = updates_of(*case, gradients)
    assert all(np.isfinite(u).all() for u in updates)
    if case[0].startswith(("clip", "adaptive")) and "eps" not in case[1]:
        assert all((u == 0).all() for u in updates)
