"""The perceptron: its learning rule, the loss it descends, and the bound on its mistakes.

Rosenblatt, The perceptron: a probabilistic model, 1958; the form with a threshold band follows
Fausett, Fundamentals of neural networks, 1994, chapter 2.3.
Shapes: N examples, D inputs, M output units; targets are −1 or 1.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from lab.errors import require


class Perceptron(NamedTuple):
    """One layer of threshold units."""

    weights: jax.Array  # [D, M]
    bias: jax.Array  # [M]: −T, where T is the threshold of Σ w x − T ≥ 0


class Fit(NamedTuple):
    """What learning came to."""

    unit: Perceptron
    converged: jax.Array  # bool []: a whole epoch changed no weight
    epochs: jax.Array  # int32 []: epochs run, the one without a change included
    mistakes: jax.Array  # int32 [M]: corrections made, per output unit


def start(inputs: int, outputs: int = 1) -> Perceptron:
    """All weights 0, from where Novikoff's bound counts."""
    return Perceptron(jnp.zeros((inputs, outputs)), jnp.zeros((outputs,)))


def net(unit: Perceptron, x: jax.Array) -> jax.Array:
    """The sums Σ w x + b: [..., D] -> [..., M]."""
    return x @ unit.weights + unit.bias


def output(unit: Perceptron, x: jax.Array, theta: ArrayLike = 0.0) -> jax.Array:
    """1 above the band [−θ, θ], −1 below it, 0 (undecided) inside: [..., D] -> [..., M]."""
    total = net(unit, x)
    above, below = total > theta, total < -jnp.asarray(theta)
    return above.astype(total.dtype) - below.astype(total.dtype)


def learn_one(
    unit: Perceptron, x: jax.Array, t: jax.Array, alpha: ArrayLike = 1.0, theta: ArrayLike = 0.0
) -> Perceptron:
    """Show one example; each output unit that is wrong is corrected: w ← w + α t x, b ← b + α t.

    Args:
      unit: The layer.
      x: [D] inputs.
      t: [M] targets, −1 or 1.
      alpha: Learning rate.
      theta: Half the width of the undecided band.
    """
    wrong = output(unit, x, theta) != t
    change = jnp.where(wrong, alpha * t, 0.0).astype(unit.bias.dtype)  # [M]
    return Perceptron(unit.weights + jnp.outer(x, change), unit.bias + change)


def learn_epoch(
    unit: Perceptron, x: jax.Array, t: jax.Array, alpha: ArrayLike = 1.0, theta: ArrayLike = 0.0
) -> tuple[Perceptron, Perceptron]:
    """Show all examples in order: the last layer, and the layers after each example [N, ...]."""

    def show(unit, example):
        x_D, t_M = example
        unit = learn_one(unit, x_D, t_M, alpha, theta)
        return unit, unit

    return jax.lax.scan(show, unit, (x, t))


def fit(
    x: ArrayLike,
    t: ArrayLike,
    *,
    alpha: ArrayLike = 1.0,
    theta: ArrayLike = 0.0,
    max_epochs: int = 1000,
    first: Perceptron | None = None,
) -> Fit:
    """Learn until an epoch changes no weight, or `max_epochs` are spent.

    Args:
      x: [N, D] inputs, shown in this order.
      t: [N] or [N, M] targets, −1 or 1.
      alpha: Learning rate; from zero weights and with θ = 0 it only scales the weights.
      theta: Half the width of the undecided band.
      max_epochs: Where to give up: on a set that is not separable the rule never stops.
      first: The layer to start from; zeros by default.

    Raises:
      InputError: If shapes do not fit, or max_epochs is no positive number.

    >>> x = jnp.array([[0., 0.], [0., 1.], [1., 0.], [1., 1.]])
    >>> bool(fit(x, jnp.array([-1., -1., -1., 1.])).converged)  # AND
    True
    >>> bool(fit(x, jnp.array([-1., 1., 1., -1.])).converged)  # XOR
    False
    """
    x, t = _table(x, t)
    require(max_epochs >= 1, f"max_epochs must be at least 1, given {max_epochs}.")
    first = start(x.shape[1], t.shape[1]) if first is None else first

    def epoch(state: Fit) -> Fit:
        unit, along = learn_epoch(state.unit, x, t, alpha, theta)
        before = jnp.concatenate([state.unit.bias[None], along.bias[:-1]])
        corrected = along.bias != before  # [N, M]: a correction always moves the bias
        mistakes = state.mistakes + jnp.sum(corrected, 0, dtype=jnp.int32)
        return Fit(unit, ~corrected.any(), state.epochs + 1, mistakes)

    nothing = Fit(first, jnp.bool_(False), jnp.int32(0), jnp.zeros(t.shape[1], jnp.int32))
    return jax.lax.while_loop(
        lambda state: ~state.converged & (state.epochs < max_epochs), epoch, nothing
    )


def path(
    x: ArrayLike,
    t: ArrayLike,
    *,
    epochs: int,
    alpha: ArrayLike = 1.0,
    theta: ArrayLike = 0.0,
    first: Perceptron | None = None,
) -> Perceptron:
    """The layer after each example of `epochs` epochs: weights [epochs·N, D, M], bias [.., M].

    Arguments as those of `fit`.
    """
    x, t = _table(x, t)
    first = start(x.shape[1], t.shape[1]) if first is None else first

    def epoch(unit, _):
        return learn_epoch(unit, x, t, alpha, theta)

    along = jax.lax.scan(epoch, first, length=epochs)[1]
    return jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), along)


def loss(unit: Perceptron, x: jax.Array, t: jax.Array, theta: ArrayLike = 0.0) -> jax.Array:
    """The perceptron loss Σ max(0, θ − t·net) of one example: [D], [M] -> [].

    Its sub-gradient where t·net ≤ θ is −t x, so that stochastic gradient descent on it *is* the
    learning rule; at the kink itself it takes that side, as the rule does.
    """
    agreement = t * net(unit, x)
    return jnp.sum(jnp.where(agreement <= theta, theta - agreement, 0.0).astype(x.dtype))


def margin(x: ArrayLike, t: ArrayLike, direction: ArrayLike) -> jax.Array:
    """γ = min t·(u·(x, 1)) / ‖u‖ of a separating direction u [D + 1], the bias last: []."""
    augmented, u = _augmented(x), jnp.asarray(direction)
    return jnp.min(jnp.asarray(t) * (augmented @ u)) / jnp.linalg.norm(u)


def mistake_bound(
    x: ArrayLike, margin: ArrayLike, alpha: ArrayLike = 1.0, theta: ArrayLike = 0.0
) -> jax.Array:
    """Corrections from zero weights are at most (R² + 2θ/α) / γ², with R = max ‖(x, 1)‖: [].

    A correction adds at least αγ to u·w and at most α²R² + 2αθ to ‖w‖²; θ = 0 is the bound
    (R/γ)² of Novikoff, On convergence proofs on perceptrons, 1962.
    """
    radius_squared = jnp.max(jnp.sum(jnp.square(_augmented(x)), 1))
    return (radius_squared + 2 * jnp.asarray(theta) / alpha) / jnp.square(margin)


def _augmented(x: ArrayLike) -> jax.Array:
    x = jnp.asarray(x)
    return jnp.concatenate([x, jnp.ones((x.shape[0], 1), x.dtype)], 1)


def _table(x: ArrayLike, t: ArrayLike) -> tuple[jax.Array, jax.Array]:
    x, t = jnp.asarray(x), jnp.asarray(t)
    require(
        x.ndim == 2 and t.ndim in (1, 2) and x.shape[0] == t.shape[0] > 0,
        f"x must be [N, D] and t [N] or [N, M] with one N, given shapes {x.shape} and {t.shape}.",
    )
    dtype = jnp.result_type(x, jnp.float32)
    return x.astype(dtype), t.astype(dtype).reshape(x.shape[0], -1)
