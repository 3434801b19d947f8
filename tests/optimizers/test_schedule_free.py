"""Schedule-free rules against algorithm 1 of Defazio et al. (2024), and reading x back."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from lab import optimizers
from lab.validation.errors import InputError

P = np.array([1.0, -2.0])
H = np.array([1.0, 0.3])


def averages(rule, updates_taken):
    """x after every update on ½ Σ h w²."""
    with jax.enable_x64(True):
        params, points = jnp.asarray(P), []
        state = rule.init(params)
        for _ in range(updates_taken):
            updates, state = rule.update(jnp.asarray(H) * params, state, params)
            params = params + updates
            points.append(np.asarray(optimizers.schedule_free_eval_params(state, params)))
        return np.stack(points)


def test_the_rate_of_a_warm_up_weighs_the_point_that_it_has_reached():
    # γ = 1/8, 1/4: z₂ = P − γ₁ H P = x₂, z₃ = z₂ − γ₂ H z₂, x₃ = (z₂ + 4 z₃) / 5
    rule = optimizers.schedule_free_sgd(0.5, warmup_steps=4)
    np.testing.assert_allclose(averages(rule, 2), [[0.875, -1.925], [0.7, -1.8095]], rtol=1e-12)


@pytest.mark.parametrize("adaptive", [False, True])
@pytest.mark.parametrize("power", [2.0, 0.0])
def test_schedules_are_those_of_the_algorithm(adaptive, power):
    rates, b1, b2, decay = (0.1, 0.3, 0.2, 0.05, 0.4), 0.8, 0.9, 0.1
    z, x, v, total, points = P, P, 0.0, 0.0, []
    for t, rate in enumerate(rates, start=1):
        y = (1 - b1) * z + b1 * x
        g = H * y
        v = b2 * v + (1 - b2) * g**2
        direction = g / (np.sqrt(v / (1 - b2**t)) + 1e-8) if adaptive else g
        z = z - rate * (direction + decay * y)
        weight = max(rates[:t]) ** power
        total += weight
        x = x + weight / total * (z - x)
        points.append(x)

    def schedule(count):
        return jnp.asarray(rates)[count]

    arguments = {"b1": b1, "weight_decay": decay, "weight_lr_power": power}
    if adaptive:
        rule = optimizers.schedule_free_adamw(schedule, b2=b2, **arguments)
    else:
        rule = optimizers.schedule_free_sgd(schedule, **arguments)
    np.testing.assert_allclose(averages(rule, len(rates)), points, rtol=1e-12)


TREE = {"w": jnp.array([1.0, -2.0]), "deep": {"b": jnp.array([3.0])}}
EVERYTHING, ONLY_W = ("w", "b"), ("w",)


def free(learning_rate=0.2):
    return optimizers.schedule_free_sgd(learning_rate, b1=0.6)


WRAPPERS = {  # the rule in it, and the arrays that are the rule's
    "chain": (lambda: optax.chain(optax.clip(10.0), free()), EVERYTHING),
    "masked": (lambda: optax.masked(free(), {"w": True, "deep": {"b": False}}), ONLY_W),
    "masked by a prefix": (lambda: optax.masked(free(), {"w": True, "deep": False}), ONLY_W),
    "partition": (
        lambda: optax.partition(
            {"free": free(), "sgd": optax.sgd(0.1)}, {"w": "free", "deep": {"b": "sgd"}}
        ),
        ONLY_W,
    ),
    "partition of two": (
        lambda: optax.partition(
            {"one": free(), "other": free()}, {"w": "one", "deep": {"b": "other"}}
        ),
        EVERYTHING,
    ),
    "multi_steps": (lambda: optimizers.multi_steps(free(), 1), EVERYTHING),
    "MultiSteps": (lambda: optax.MultiSteps(free(), 1).gradient_transformation(), EVERYTHING),
    "inject_hyperparams": (lambda: optax.inject_hyperparams(free)(learning_rate=0.2), EVERYTHING),
}


def after_three(rule):
    params, state = TREE, rule.init(TREE)
    for _ in range(3):
        updates, state = rule.update(jax.tree.map(lambda p: p / 2, params), state, params)
        params = optax.apply_updates(params, updates)
    return params, optimizers.schedule_free_eval_params(state, params)


@pytest.mark.parametrize("name", list(WRAPPERS))
def test_the_average_is_found_in_wrappers(name):
    make, averaged = WRAPPERS[name]
    params, x = after_three(make())
    _, of_all = after_three(free())
    b_from = of_all if "b" in averaged else params  # what is not the rule's stays as it is
    np.testing.assert_allclose(x["w"], of_all["w"], rtol=1e-6)
    np.testing.assert_allclose(x["deep"]["b"], b_from["deep"]["b"], rtol=1e-6)
    assert not np.allclose(x["w"], params["w"], rtol=1e-3)


def test_a_state_without_an_average_is_refused():
    with pytest.raises(InputError, match="schedule-free"):
        optimizers.schedule_free_eval_params(optimizers.adam(0.1).init(TREE), TREE)


@pytest.mark.parametrize("factory", ["schedule_free_sgd", "schedule_free_adamw"])
def test_gradients_at_z_alone_are_refused(factory):
    with pytest.raises(InputError, match="b1"):
        getattr(optimizers, factory)(0.1, b1=0.0)
