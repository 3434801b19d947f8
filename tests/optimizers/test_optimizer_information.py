"""Rules that need more than a gradient, by hand and by optax, on the same trajectory.

The trajectory is optax's; by hand follows with a state of its own, so that errors do not feed
back through the loss.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import optax.contrib
import optimizer_runs as runs
import pytest
from differences import FLOOR, SETS_PARAMETERS

from lab import optimizers
from lab.optimizers import CATALOG

T = 60


def minimized(params, target):
    """Neither quadratic nor separable, with a minimum of 0 for a model that fits."""
    bend = sum(jnp.sum(jnp.cos(p)) for p in jax.tree.leaves(params))
    far = jax.tree.map(lambda p, t: jnp.sum((p - t) ** 2 + 0.1 * (p - t) ** 4), params, target)
    return sum(jax.tree.leaves(far)) + 0.1 * jnp.sin(bend) + 0.1


def both(by_hand, twin, dtype, noise=0.3):
    """The updates of the two, [T, ...] for every parameter, compiled, and optax's parameters."""
    rng = np.random.default_rng(0)
    shapes = {"matrix": (3, 2), "vector": (3,), "scalar": ()}
    with jax.enable_x64(dtype == jnp.float64):

        def draw(scale, *lead):
            values = {k: scale * rng.normal(size=(*lead, *s)) for k, s in shapes.items()}
            return jax.tree.map(lambda x: jnp.asarray(x, dtype), values)

        params, targets = draw(1.0), draw(noise, T)

        def step(carry, target):
            params, mine, theirs = carry
            f = functools.partial(minimized, target=target)
            value, gradient = jax.value_and_grad(f)(params)
            extra = {
                "value": value, "grad": gradient, "value_fn": f, "obj_fn": f,
                "grad_fn": lambda p, i: jax.grad(f)(p), "unknown": "ignored",
            }  # fmt: skip
            u, mine = by_hand.update(gradient, mine, params, **extra)
            v, theirs = _informed(twin, gradient, theirs, params, extra)
            return (optax.apply_updates(params, v), mine, theirs), (u, v, params)

        start = (params, by_hand.init(params), twin.init(params))
        return jax.device_get(jax.jit(lambda: jax.lax.scan(step, start, targets)[1])())


def _informed(rule, gradient, state, params, extra):
    """optax's rules refuse what they do not use: give each what it takes."""
    for names in (("value", "grad", "value_fn"), ("value",), ("obj_fn",), ("grad_fn",), ()):
        try:
            return rule.update(gradient, state, params, **{k: extra[k] for k in names})
        except (TypeError, ValueError):
            continue
    raise AssertionError("no set of arguments is accepted")


def error(mine, theirs, params, relative_to_params):
    def leaf(u, v, p):
        scale = np.abs(p).max() if relative_to_params else np.abs(v).max()
        return np.abs(u - v).max() / scale

    return max(jax.tree.leaves(jax.tree.map(leaf, mine, theirs, params)))


CASES = [
    ("momo", {}), ("momo", {"adapt_lower_bound": True, "lower_bound": -1.0}),
    ("momo", {"beta": 0.5, "learning_rate": 0.05}),
    ("momo_adam", {}), ("momo_adam", {"b1": 0.5, "b2": 0.9, "eps": 1e-3}),
    ("momo_adam", {"adapt_lower_bound": True, "lower_bound": -1.0}),
    ("polyak_sgd", {}), ("polyak_sgd", {"max_learning_rate": 0.1, "f_min": 0.5, "variant": "sps+"}),
    ("polyak_sgd", {"eps": 1.0}),
    ("sam_sgd", {"learning_rate": 0.05}),
    ("sam_sgd", {"learning_rate": 0.05, "rho": 0.5, "momentum": None}),
    ("lbfgs", {}), ("lbfgs", {"memory_size": 2, "learning_rate": 0.5}),
    ("lbfgs", {"linesearch": None, "learning_rate": 0.05, "scale_init_precond": False}),
    ("schedule_free_sgd", {"learning_rate": 0.1}),
    ("schedule_free_adamw", {"learning_rate": 0.1}),
]  # fmt: skip


def test_every_rule_that_needs_information_is_compared():
    informed = {name for name, e in CATALOG.items() if e.needs - {"key"} and e.via_optax}
    assert informed <= {c[0] for c in CASES}


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
@pytest.mark.parametrize("case", CASES, ids=lambda c: "-".join([c[0], *c[1]]))
def test_every_informed_update_equals_that_of_optax(case, dtype):
    name, arguments = case
    entry = CATALOG[name]
    noise = 0.3 if entry.gradients_used is None else 0.0  # a line search wants a true descent
    mine, theirs, params = both(
        entry.by_hand(**arguments), entry.via_optax(**arguments), dtype, noise
    )
    worst = error(mine, theirs, params, name in SETS_PARAMETERS)
    print(f"WORST {name} {arguments} {jnp.dtype(dtype).name} {worst:.2e}")
    assert worst <= FLOOR.get(name, {}).get(dtype, 1e-12 if dtype == jnp.float64 else 1e-5)


@pytest.mark.parametrize(
    ("sync_period", "opaque_mode"), [(2, False), (3, False), (1, True), (2, True), (3, True)]
)
@pytest.mark.parametrize("reset_state", [False, True])
def test_sam_around_other_rules_equals_that_of_optax(sync_period, opaque_mode, reset_state):
    def around(package, contrib):
        climb = optax.chain(contrib.normalize(), package.sgd(0.1, momentum=0.5))
        return contrib.sam(
            package.adam(0.05), climb, sync_period, reset_state=reset_state, opaque_mode=opaque_mode
        )

    mine, theirs, params = both(
        around(optimizers, optimizers), around(optax, optax.contrib), jnp.float64
    )
    assert error(mine, theirs, params, False) <= 1e-12


def test_the_estimated_diagonal_equals_that_of_optax():
    params = runs.parameters(jnp.float32)

    def loss(p):
        return sum(jnp.sum(jnp.cos(x) * jnp.sum(x)) for x in jax.tree.leaves(p))

    results = []
    for package in (optimizers, optax.contrib._sophia):
        rule = package.hutchinson_estimator_diag_hessian(jax.random.PRNGKey(3))
        diagonal, state = rule.update(params, rule.init(params), params, obj_fn=loss)
        results.append((diagonal, state.key))
    jax.tree.map(np.testing.assert_array_equal, *results)


def test_the_average_of_schedule_free_is_read_from_optax_states_too():
    params = {"w": jnp.arange(3.0)}
    rule = optax.contrib.schedule_free_sgd(0.5)
    state = rule.init(params)
    for _ in range(3):
        updates, state = rule.update(params, state, params)
        params = optax.apply_updates(params, updates)
    np.testing.assert_allclose(
        optimizers.schedule_free_eval_params(state, params)["w"],
        optax.contrib.schedule_free_eval_params(state, params)["w"],
        rtol=1e-5,
    )
