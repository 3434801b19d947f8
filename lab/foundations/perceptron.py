"""The perceptron: its learning rule, the loss it descends, and the bound on its mistakes.

Rosenblatt, The perceptron: a probabilistic model, 1958; the form with a threshold band follows
Fausett, Fundamentals of neural networks, 1994, chapter 2.3.
Shapes: N examples, D inputs, M output units; targets are −1 or 1.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from lab.validation.checks import checked
from lab.validation.errors import require, shown
from lab.validation.kinds import Count, Number, Reals


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


@checked
def start(inputs: Count, outputs: Count = 1) -> Perceptron:
    """All weights 0, from where Novikoff's bound counts."""
    return Perceptron(jnp.zeros((inputs, outputs)), jnp.zeros((outputs,)))


@checked
def net(unit: Perceptron, x: jax.Array) -> jax.Array:
    """The sums Σ w x + b: [..., D] -> [..., M]."""
    _check(unit, x)
    return x @ unit.weights + unit.bias


@checked
def output(unit: Perceptron, x: jax.Array, theta: Number = 0.0) -> jax.Array:
    """1 above the band [−θ, θ], −1 below it, 0 (undecided) inside: [..., D] -> [..., M]."""
    total = net(unit, x)
    above, below = total > theta, total < -jnp.asarray(theta)
    return above.astype(total.dtype) - below.astype(total.dtype)


@checked
def learn_one(
    unit: Perceptron, x: jax.Array, t: jax.Array, alpha: Number = 1.0, theta: Number = 0.0
) -> Perceptron:
    """Show one example; each output unit that is wrong is corrected: w ← w + α t x, b ← b + α t.

    Args:
      unit: The layer.
      x: [D] inputs.
      t: [M] targets, −1 or 1.
      alpha: Learning rate.
      theta: Half the width of the undecided band.
    """
    _check(unit, x, t, ndim=1)
    wrong = output(unit, x, theta) != t
    change = jnp.where(wrong, alpha * t, 0.0).astype(unit.bias.dtype)  # [M]
    return Perceptron(unit.weights + jnp.outer(x, change), unit.bias + change)


@checked
def learn_epoch(
    unit: Perceptron, x: jax.Array, t: jax.Array, alpha: Number = 1.0, theta: Number = 0.0
) -> tuple[Perceptron, Perceptron]:
    """Show all examples in order: the last layer, and the layers after each example [N, ...]."""
    _check(unit, x, t, ndim=2)

    def show(unit, example):
        x_D, t_M = example
        unit = learn_one(unit, x_D, t_M, alpha, theta)
        return unit, unit

    return jax.lax.scan(show, unit, (x, t))


@checked
def fit(
    x: Reals,
    t: Reals,
    *,
    alpha: Number = 1.0,
    theta: Number = 0.0,
    max_epochs: Count = 1000,
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


@checked
def path(
    x: Reals,
    t: Reals,
    *,
    epochs: Count,
    alpha: Number = 1.0,
    theta: Number = 0.0,
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


@checked
def loss(unit: Perceptron, x: jax.Array, t: jax.Array, theta: Number = 0.0) -> jax.Array:
    """The perceptron loss Σ max(0, θ − t·net) of one example: [D], [M] -> [].

    Its sub-gradient where t·net ≤ θ is −t x, so that stochastic gradient descent on it *is* the
    learning rule; at the kink itself it takes that side, as the rule does.
    """
    _check(unit, x, t, ndim=1)
    agreement = t * net(unit, x)
    return jnp.sum(jnp.where(agreement <= theta, theta - agreement, 0.0).astype(x.dtype))


@checked
def margin(x: ArrayLike, t: ArrayLike, direction: ArrayLike) -> jax.Array:
    """γ = min t·(u·(x, 1)) / ‖u‖ of a separating direction u [D + 1], the bias last: []."""
    augmented, u = _augmented(x), jnp.asarray(direction)
    require(
        np.shape(t) == augmented.shape[:1] and u.shape == augmented.shape[1:],
        f"t must be [N] and direction [D + 1] for x {list(np.shape(x))}, given "
        f"{list(np.shape(t))} and {list(u.shape)}.",
    )
    return jnp.min(jnp.asarray(t) * (augmented @ u)) / jnp.linalg.norm(u)


@checked
def mistake_bound(
    x: ArrayLike, margin: Number, alpha: Number = 1.0, theta: Number = 0.0
) -> jax.Array:
    """Corrections from zero weights are at most (R² + 2θ/α) / γ², with R = max ‖(x, 1)‖: [].

    A correction adds at least αγ to u·w and at most α²R² + 2αθ to ‖w‖²; θ = 0 is the bound
    (R/γ)² of Novikoff, On convergence proofs on perceptrons, 1962.
    """
    radius_squared = jnp.max(jnp.sum(jnp.square(_augmented(x)), 1))
    return (radius_squared + 2 * jnp.asarray(theta) / alpha) / jnp.square(margin)


def _augmented(x: ArrayLike) -> jax.Array:
    x = jnp.asarray(x)
    require(x.ndim == 2 and len(x) > 0, f"x must be [N, D], given {shown(x)}.")
    return jnp.concatenate([x, jnp.ones((x.shape[0], 1), x.dtype)], 1)


def _check(unit: Perceptron, x: ArrayLike, t: ArrayLike | None = None, ndim: int = 0) -> None:
    """Refuse what does not go together: x [..., D] and t [..., M], of `ndim` axes if not 0."""
    weights, bias = np.shape(unit.weights), np.shape(unit.bias)
    require(
        len(weights) == 2 and weights[1:] == bias,
        f"unit must have weights [D, M] and bias [M], given {weights} and {bias}.",
    )
    require(
        np.shape(x)[-1:] == weights[:1] and ndim in (0, np.ndim(x)),
        f"x must be {['[..., D]', '[D]', '[N, D]'][ndim]} with D = {weights[0]}, given {shown(x)}.",
    )
    if t is not None:
        require(
            np.shape(t) == (*np.shape(x)[:-1], *bias),
            f"t must be {[*np.shape(x)[:-1], *bias]} for this unit and x, given {shown(t)}.",
        )


def _table(x: ArrayLike, t: ArrayLike) -> tuple[jax.Array, jax.Array]:
    x, t = jnp.asarray(x), jnp.asarray(t)
    require(
        x.ndim == 2 and t.ndim in (1, 2) and x.shape[0] == t.shape[0] > 0,
        f"x must be [N, D] and t [N] or [N, M] with one N, given shapes {x.shape} and {t.shape}.",
    )
    dtype = jnp.result_type(x, jnp.float32)
    return x.astype(dtype), t.astype(dtype).reshape(x.shape[0], -1)
