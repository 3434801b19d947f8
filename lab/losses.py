"""Losses and penalties by hand, with the names, parameters and defaults of `optax.losses`.

Shapes: B batch, K classes or components. A loss between numbers is elementwise, [B, ...] ->
[B, ...]; a loss between distributions or vectors reduces its `axis`, [B, K] -> [B].
`LOSSES[name](outputs, targets)` is one number per example in either case: [B, ...] -> [B].
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.typing import ArrayLike

from lab.catalog import Catalog
from lab.checks import check_fields, checked
from lab.errors import require, shown
from lab.kinds import Number, Tree

Axis = int | tuple[int, ...] | None


# Numbers: predictions [...], targets [...] -> [...]


@checked
def squared_error(predictions: ArrayLike, targets: ArrayLike | None = None) -> jax.Array:
    """(ŷ − t)², without the ½ that others put before it. Without targets, t = 0."""
    return jnp.square(_errors(predictions, targets))


@checked
def absolute_error(predictions: ArrayLike, targets: ArrayLike | None = None) -> jax.Array:
    """|ŷ − t|; its sub-gradient at ŷ = t is 0."""
    return _size(_errors(predictions, targets))


def _size(x):
    return x * jnp.sign(x)  # |x| with derivative sign(x): 0 at 0, where JAX gives |x| a 1


@checked
def huber_loss(
    predictions: ArrayLike, targets: ArrayLike | None = None, *, delta: Number = 1.0
) -> jax.Array:
    """½e² where |e| ≤ δ, else δ(|e| − ½δ); e = ŷ − t. The gradient is e clipped to ±δ.

    Huber, Robust estimation of a location parameter, 1964.
    """
    size = _size(_errors(predictions, targets))
    delta = jnp.asarray(delta, size.dtype)
    inner = jnp.minimum(size, delta)  # one formula for both branches: finite for infinite errors
    return 0.5 * jnp.square(inner) + delta * (size - inner)


@checked
def log_cosh(predictions: ArrayLike, targets: ArrayLike | None = None) -> jax.Array:
    """The logarithm of cosh(ŷ − t): ½e² where small, |e| − log 2 where large; gradient tanh e."""
    return _log_cosh(_errors(predictions, targets))


@jax.custom_jvp
def _log_cosh(error):
    # cosh e = e^|e| (1 + e^−2|e|)/2 = e^|e| (1 + expm1(−2|e|)/2)
    size = jnp.abs(error)
    return size + jnp.log1p(0.5 * jnp.expm1(-2 * size))


_log_cosh.defjvps(lambda g, ans, error: g * jnp.tanh(error))


# Two classes: logits z [...], labels y in [0, 1] or signs t in {−1, 1} -> [...]


@checked
def sigmoid_binary_cross_entropy(logits: ArrayLike, labels: ArrayLike) -> jax.Array:
    """−y log σ(z) − (1 − y) log(1 − σ(z)); y may lie between 0 and 1. The gradient is σ(z) − y."""
    logits, labels = _matching("logits", logits, "labels", labels)
    return labels * _softplus(-logits) + (1 - labels) * _softplus(logits)


@checked
def sigmoid_focal_loss(
    logits: ArrayLike,
    labels: ArrayLike,
    *,
    alpha: Number | None = None,
    gamma: Number = 2.0,
) -> jax.Array:
    """α_t (1 − p_t)^γ · cross-entropy, with 1 − p_t = (1 − y) σ(z) + y (1 − σ(z)).

    α_t = α y + (1 − α)(1 − y), or 1 without α. The power is taken in logarithms, so that its
    gradient exists where 1 − p_t underflows. Lin et al., arXiv:1708.02002, equation 5.
    """
    logits, labels = _matching("logits", logits, "labels", labels)
    gamma = jnp.asarray(gamma, logits.dtype)
    log_p = jnp.where(labels < 1, -_softplus(-logits), -jnp.inf)  # log σ(z), unless its weight is 0
    log_q = jnp.where(labels > 0, -_softplus(logits), -jnp.inf)
    top = jax.lax.stop_gradient(jnp.maximum(log_p, log_q))
    mixture = (1 - labels) * jnp.exp(log_p - top) + labels * jnp.exp(log_q - top)
    modulation = jnp.exp(gamma * (top + jnp.log(mixture)))
    loss = modulation * sigmoid_binary_cross_entropy(logits, labels)
    if alpha is None:
        return loss
    alpha = jnp.asarray(alpha, logits.dtype)
    return (alpha * labels + (1 - alpha) * (1 - labels)) * loss


@checked
def hinge_loss(predictor_outputs: ArrayLike, targets: ArrayLike) -> jax.Array:
    """max(0, 1 − ŷ t) for targets t ∈ {−1, 1}."""
    outputs, targets = _matching("predictor_outputs", predictor_outputs, "targets", targets)
    return jnp.maximum(0, 1 - outputs * targets)


@jax.custom_jvp
def _softplus(x):
    return jnp.maximum(x, 0) + jnp.log1p(jnp.exp(-jnp.abs(x)))


_softplus.defjvps(lambda g, ans, x: g * jnp.exp(x - ans))  # e^x / (1 + e^x) = σ(x)


# Distributions: logits [B, K] -> [B]


@checked
def softmax_cross_entropy(
    logits: ArrayLike, labels: ArrayLike, axis: Axis = -1, where: ArrayLike | None = None
) -> jax.Array:
    """−Σ_k y_k log softmax(z)_k for labels y [B, K], one-hot or any distribution.

    The gradient is softmax(z) − y. Only elements where `where` is true take part.
    """
    logits, labels = _matching("logits", logits, "labels", labels)
    where = _mask(where, logits, axis)
    return -jnp.sum(labels * _log_softmax(logits, axis, where), axis, where=where)


@checked
def softmax_cross_entropy_with_integer_labels(
    logits: ArrayLike,
    labels: ArrayLike,
    axis: int | tuple[int, ...] = -1,
    where: ArrayLike | None = None,
) -> jax.Array:
    """−log softmax(z)_y for integer labels y [B]; not a number for labels past the last class.

    With a tuple of axes, labels are indices into those axes flattened.
    """
    logits, labels = _floating("logits", logits), jnp.asarray(labels)
    require(
        jnp.issubdtype(labels.dtype, jnp.integer),
        f"labels must be integers, given an array of {labels.dtype}.",
    )
    where = _mask(where, logits, axis)
    axes = tuple(a % logits.ndim for a in (axis if isinstance(axis, tuple) else (axis,)))
    rest = tuple(a for a in range(logits.ndim) if a not in axes)
    if where is not None:
        where = jnp.broadcast_to(where, logits.shape).transpose(rest + axes)
        where = where.reshape(*where.shape[: len(rest)], -1)
    logits = logits.transpose(rest + axes)
    logits = logits.reshape(*logits.shape[: len(rest)], -1)
    require(
        labels.shape == logits.shape[:-1],
        f"labels must have shape {logits.shape[:-1]} for these logits, given {labels.shape}.",
    )
    log_probabilities = _log_softmax(logits, -1, where)
    loss = -jnp.take_along_axis(log_probabilities, labels[..., None], -1)[..., 0]
    return loss if where is None else jnp.where(jnp.any(where, -1), loss, 0)


@checked
def kl_divergence(
    log_predictions: ArrayLike, targets: ArrayLike, axis: Axis = -1, where: ArrayLike | None = None
) -> jax.Array:
    """Σ_k t_k (log t_k − log p_k), where 0 log 0 = 0; predictions are given as log p."""
    log_predictions, targets = _matching("log_predictions", log_predictions, "targets", targets)
    where = _mask(where, log_predictions, axis)
    log_targets = jnp.log(jnp.where(targets == 0, 1, targets))
    return jnp.sum(targets * (log_targets - log_predictions), axis, where=where)


@checked
def smooth_labels(
    labels: ArrayLike, alpha: Number, *, axis: Axis = -1, where: ArrayLike | None = None
) -> jax.Array:
    """(1 − α) y + α/K: one-hot labels mixed with the uniform distribution; same shape.

    Szegedy et al., arXiv:1512.00567, section 7.
    """
    labels = _floating("labels", labels)
    alpha = jnp.asarray(alpha, labels.dtype)
    where = _mask(where, labels, axis)
    everything = jnp.ones_like(labels) if where is None else jnp.asarray(where, labels.dtype)
    classes = jnp.sum(everything, axis, keepdims=True)
    return (1 - alpha) * labels + alpha / classes


def _log_softmax(logits, axis, where):
    """Is z − max z − log Σ exp(z − max z): the largest exponential is 1, and none overflows."""
    top = jax.lax.stop_gradient(jnp.max(logits, axis, keepdims=True, where=where, initial=-jnp.inf))
    if where is None:
        shifted = exponents = logits - top
    else:  # what is masked, perhaps a whole row, stays finite, and so does its gradient
        shifted = logits - jnp.where(jnp.isneginf(top), 0, top)
        exponents = jnp.where(where, shifted, 0)
    total = jnp.sum(jnp.exp(exponents), axis, keepdims=True, where=where)
    return shifted - jnp.log(jnp.where(total == 0, 1, total))


# Vectors: [B, K] -> [B]


@checked
def cosine_similarity(
    predictions: ArrayLike,
    targets: ArrayLike,
    *,
    epsilon: Number = 0.0,
    axis: Axis = -1,
    where: ArrayLike | None = None,
) -> jax.Array:
    """a·b / (‖a‖ ‖b‖), each squared norm being at least ε.

    A zero vector is orthogonal to everything, also at ε = 0, where optax has not a number.
    """
    a, b = _matching("predictions", predictions, "targets", targets)
    where = _mask(where, a, axis)

    def unit(v):
        squared = jnp.sum(jnp.square(v), axis, keepdims=True, where=where)
        squared = jnp.maximum(squared, jnp.asarray(epsilon, squared.dtype))
        return v / jnp.sqrt(jnp.where(squared == 0, 1, squared))

    return jnp.sum(unit(a) * unit(b), axis, where=where)


@checked
def cosine_distance(
    predictions: ArrayLike,
    targets: ArrayLike,
    *,
    epsilon: Number = 0.0,
    axis: Axis = -1,
    where: ArrayLike | None = None,
) -> jax.Array:
    """1 − cosine similarity: from 0 (same direction) to 2 (opposite)."""
    return 1 - cosine_similarity(predictions, targets, epsilon=epsilon, axis=axis, where=where)


# Penalties: any tree of parameters -> a number


@checked
def l1(params: Tree) -> jax.Array:
    """Σ|w|, to be added as λ‖w‖₁; its sub-gradient at 0 is 0.

    With the mean squared error as loss, λ is Keras's `l1(λ)`, and twice `alpha` in
    scikit-learn's Lasso, whose data term is half the mean.
    """
    return _total(_size, params)


@checked
def l2(params: Tree) -> jax.Array:
    """Σw², without the ½, to be added as λ‖w‖²; its gradient is 2w.

    Under plain SGD at rate η this is weight decay by 2ηλ a step. λ is Keras's `l2(λ)`; it is
    `alpha`/n in scikit-learn's Ridge on n examples, whose data term is a sum; the convention
    λ'/(2n) Σw² means λ = λ'/(2n).
    """
    return _total(jnp.square, params)


@checked
def kernels(params: Tree) -> list[jax.Array]:
    """The leaves with two axes or more: weights without biases, as penalties usually want."""
    return [leaf for leaf in jax.tree.leaves(params) if jnp.ndim(leaf) >= 2]


def _total(function, params):
    return jnp.asarray(sum(jnp.sum(function(leaf)) for leaf in jax.tree.leaves(params)))


# Checks before anything is computed


def _floating(name: str, array: ArrayLike) -> jax.Array:
    array = jnp.asarray(array)
    require(
        jnp.issubdtype(array.dtype, jnp.floating),
        f"{name} must be floating-point numbers, given an array of {array.dtype}.",
    )
    return array


def _matching(first: str, a: ArrayLike, second: str, b: ArrayLike) -> tuple[jax.Array, jax.Array]:
    """Both as arrays of one shape and dtype: [B, 1] against [B] would silently give [B, B]."""
    a = _floating(first, a)
    require(
        a.shape == np.shape(b),
        f"{second} must have the shape of {first}, {a.shape}, given {np.shape(b)}.",
    )
    require(not np.iscomplexobj(b), f"{second} must be real numbers, given complex ones.")
    return a, jnp.asarray(b, a.dtype)


def _errors(predictions: ArrayLike, targets: ArrayLike | None) -> jax.Array:
    if targets is None:
        return _floating("predictions", predictions)
    predictions, targets = _matching("predictions", predictions, "targets", targets)
    return predictions - targets


def _mask(where, logits, axis):
    """The mask with as many axes as the logits, so that it may be given per example."""
    rank, shape = logits.ndim, logits.shape
    given = range(rank) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = {a % rank for a in given if -rank <= a < rank}
    require(
        len(axes) == len(given),
        f"axis must name different axes of an array of {rank}, given {shown(axis)}.",
    )
    if where is None:
        return None
    where = jnp.asarray(where)
    rows = tuple(n for a, n in enumerate(shape) if a not in axes)
    expected = rows if where.ndim == len(rows) else shape
    require(
        where.dtype == bool
        and where.ndim == len(expected)
        and all(m in (1, n) for m, n in zip(where.shape, expected)),
        f"where must be booleans of shape {rows} or {shape}, given {where.dtype} {where.shape}.",
    )
    return where if where.ndim == rank else jnp.expand_dims(where, sorted(axes))


# What `LOSSES` offers


@dataclass(frozen=True)
class LossEntry:
    """What the lab knows about one loss.

    Attributes:
      name: The key in `LOSSES`.
      by_hand: `(outputs, targets, ...) -> array`, written out in this file.
      via_optax: The twin with the same parameters; None where optax has no such loss.
      targets: What outputs are compared with: `"numbers"`, `"probabilities"` in [0, 1],
        `"signs"`, a `"distribution"` over K classes, class `"indices"`, or `"vectors"`.
      reference: Where it comes from.
    """

    name: str
    by_hand: Callable[..., jax.Array]
    via_optax: Callable[..., Any] | None
    targets: str
    reference: str

    def __post_init__(self):
        check_fields(self)

    def __call__(self, outputs: ArrayLike, targets: ArrayLike, **parameters: Any) -> jax.Array:
        """One number per example, [B, ...] -> [B]: the sum over all axes but the first."""
        values = self.by_hand(outputs, targets, **parameters)
        return jnp.sum(values, axis=tuple(range(1, values.ndim)))


_BOOK = "Goodfellow et al., Deep Learning, 2016, section 6.2"
_ROWS = (
    (squared_error, "numbers", "Gauss, 1809"),
    (absolute_error, "numbers", "Laplace, 1774"),
    (huber_loss, "numbers", "Huber, 1964"),
    (log_cosh, "numbers", "Chen et al., Log hyperbolic cosine loss, 2019"),
    (sigmoid_binary_cross_entropy, "probabilities", _BOOK),
    (sigmoid_focal_loss, "probabilities", "Lin et al., arXiv:1708.02002"),
    (hinge_loss, "signs", "Cortes and Vapnik, 1995"),
    (softmax_cross_entropy, "distribution", _BOOK),
    (softmax_cross_entropy_with_integer_labels, "indices", _BOOK),
    (kl_divergence, "distribution", "Kullback and Leibler, 1951"),
    (cosine_distance, "vectors", "Salton, 1975"),
)

LOSSES: Catalog[LossEntry] = Catalog(
    "loss",
    {
        by_hand.__name__: LossEntry(
            by_hand.__name__, by_hand, getattr(optax.losses, by_hand.__name__, None), *rest
        )
        for by_hand, *rest in _ROWS
    },
)
