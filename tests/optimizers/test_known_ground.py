"""Every rule goes down on ground that is known, at the best of a few rates.

They reach from a hundredth of its own space (a ravine is steeper than a network) to its end.
"""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from lab.optimizers import CATALOG
from lab.schedules import cosine_decay_schedule

STEPS = 300
RNG = np.random.default_rng(0)
ROWS = (RNG.uniform(size=(60, 20)) < 0.1).astype(np.float32)  # a tenth of the features present
LABELS = np.sign(ROWS @ RNG.normal(size=20) + 1e-3).astype(np.float32)


def parabola(w):
    return jnp.sum(w**2) / 2


def ill_conditioned(w):
    return jnp.sum(jnp.geomspace(1e-2, 1.0, w.size) * w**2) / 2


def rosenbrock(w):
    x, y = w
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def sparse_logistic(w):
    return jnp.mean(jax.nn.softplus(-LABELS * (ROWS @ w)))


# Start, and the share of the first loss that has to be left behind.
GROUND = {
    parabola: (np.array([0.5, -1.0]), 0.05),
    ill_conditioned: (np.ones(10), 0.2),
    rosenbrock: (np.array([-1.2, 1.0]), 0.2),
    sparse_logistic: (np.zeros(20), 0.8),
}


def final_losses(entry, loss, start, rates):
    """Loss at the point of evaluation after `STEPS` exact gradients, for each rate."""
    rated = "learning_rate" in entry.search_space

    def rule_of(rate):
        schedule = cosine_decay_schedule(rate, STEPS)
        return entry.by_hand(schedule) if rated else entry.by_hand()

    def run(rate):
        rule = optax.with_extra_args_support(rule_of(rate))

        def step(carry, _):
            params, state = carry
            value, gradient = jax.value_and_grad(loss)(params)
            updates, state = rule.update(
                gradient, state, params, value=value, grad=gradient, value_fn=loss, obj_fn=loss,
                grad_fn=lambda p, _: jax.grad(loss)(p),
            )  # fmt: skip
            return (optax.apply_updates(params, updates), state), None

        params = jnp.asarray(start, jnp.float32)
        (params, state), _ = jax.lax.scan(step, (params, rule.init(params)), length=STEPS)
        point = params if entry.eval_params is None else entry.eval_params(state, params)
        return loss(point)

    return jax.vmap(run)(rates)


@pytest.mark.slow
@pytest.mark.parametrize("name", CATALOG)
def test_it_converges_on_known_ground(name):
    entry = CATALOG[name]
    space = entry.search_space.get("learning_rate")
    grid = [1.0] if space is None else np.geomspace(space.low / 100, space.high, 9)
    rates = jnp.asarray(grid, jnp.float32)

    @jax.jit
    def everywhere(rates):
        return {f.__name__: final_losses(entry, f, s, rates) for f, (s, _) in GROUND.items()}

    found = everywhere(rates)
    for loss, (start, share) in GROUND.items():
        first = float(loss(jnp.asarray(start, jnp.float32)))
        best = float(jnp.nanmin(found[loss.__name__]))
        assert best <= share * first, f"{loss.__name__}: {best:.3g} of {first:.3g} is left"
