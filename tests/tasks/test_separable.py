"""Wilson et al. (2017), section 3.3: separable data on which adaptive rules learn the wrong thing.

The label is the first feature; features two and three are always 1; every example has features
of its own, one if positive and five if negative. Rules that scale each coordinate alike end
where all weights are equally large, and so call every new example by the majority's label.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lab import optimizers

TRAIN, TEST, STEPS = 40, 200, 3000


def examples(count, first, total, positive):
    """x [count, 3 + 5 · total], y [count] in ±1; examples own the features from `first` on."""
    y = np.where(np.arange(count) < positive * count, 1.0, -1.0)
    x = np.zeros((count, 3 + 5 * total))
    x[:, 0], x[:, 1:3] = y, 1
    for i in range(count):
        own = 3 + 5 * (first + i)
        x[i, own : own + (1 if y[i] > 0 else 5)] = 1
    return x, y


def trained(rule):
    """Errors on train rows, on new positive and on new negative rows, of full-batch descent."""
    x, y = examples(TRAIN, 0, TRAIN + TEST, 0.6)
    new, labels = examples(TEST, TRAIN, TRAIN + TEST, 0.6)

    with jax.enable_x64(True):
        rows = jnp.asarray(x), jnp.asarray(y)

        def loss(w):
            return jnp.mean((rows[0] @ w - rows[1]) ** 2) / 2

        def step(carry, _):
            w, state = carry
            update, state = rule.update(jax.grad(loss)(w), state, w)
            return (w + update, state), None

        w = jnp.zeros(x.shape[1])
        w = np.asarray(
            jax.jit(lambda c: jax.lax.scan(step, c, None, STEPS)[0][0])((w, rule.init(w)))
        )
    wrong = np.sign(new @ w) != labels
    return (np.sign(x @ w) != y).mean(), wrong[labels > 0].mean(), wrong[labels < 0].mean()


ADAPTIVE = {
    "adagrad": lambda: optimizers.adagrad(0.05, initial_accumulator_value=0.0, eps=0.0),
    "rmsprop": lambda: optimizers.rmsprop(1e-3),
    "adam": lambda: optimizers.adam(1e-3),
}


def test_descent_classifies_every_new_example():
    assert trained(optimizers.sgd(0.1)) == (0, 0, 0)


@pytest.mark.parametrize("name", ADAPTIVE)
def test_adaptive_rules_fit_the_training_rows_and_miss_the_whole_minority(name):
    assert trained(ADAPTIVE[name]()) == (0, 0, 1)


def test_the_default_accumulator_hides_the_effect():
    """With G₀ = 0.1, far above the squared gradients here, AdaGrad is nearly plain descent."""
    assert trained(optimizers.adagrad(0.05)) == (0, 0, 0)
