"""A rule of one's own is charged for every gradient that it takes."""

import jax
import optax
import pytest

import lab
from lab import optimizers
from lab.sweeps.planning.rules import resolve


def by_value(learning_rate):
    """Takes the gradient elsewhere by itself."""
    inner = optimizers.sgd(learning_rate)

    def update(updates, state, params=None, *, value_fn, **_):
        gradient = jax.grad(value_fn)(jax.tree.map(lambda w: w + 1, params))
        return inner.update(gradient, state, params)

    return optax.GradientTransformationExtraArgs(inner.init, update)


RULES = {
    "plain": (optimizers.adam, 1),
    "a wrapped rule": (lambda learning_rate: optimizers.adam(learning_rate), 1),
    "wrapped SAM": (lambda learning_rate: optimizers.sam_sgd(learning_rate), 2),
    "SAM with numbers": (lambda learning_rate, rho=0.1: optimizers.sam_sgd(learning_rate, rho), 2),
    "by its value": (by_value, 2),
}


@pytest.mark.parametrize(("factory", "gradients"), RULES.values(), ids=RULES)
def test_gradients_are_counted(factory, gradients):
    assert resolve({"mine": factory})["mine"].gradient_evaluations == gradients


def test_and_charged():
    record = lab.sweep(
        "iris",
        {"plain": optimizers.sgd, "sam": RULES["wrapped SAM"][0]},
        axes={"learning_rate": [0.1]},
        budget=lab.Budget(gradient_evaluations=8),
        evaluations=1,
        progress=False,
    )
    assert record.updates.isel(step=-1).values.tolist() == [8, 4]
    assert record.gradient_evaluations.isel(step=-1).values.ravel().tolist() in ([8.0], [8.0, 8.0])
