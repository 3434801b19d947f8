"""Losses and penalties by hand, with the names, parameters and defaults of `optax.losses`.

Shapes: B batch, K classes or components. A loss between numbers is elementwise, [B, ...] ->
[B, ...]; a loss between distributions or vectors reduces its `axis`, [B, K] -> [B].
`LOSSES[name](outputs, targets)` is one number per example in either case: [B, ...] -> [B].

Floats of 16 bits are computed with in float32, since sums and squares of ordinary numbers overflow
in float16, and only the result is theirs again. A class of weight 0 costs nothing, however
impossible it is: 0 · ∞ = 0.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.core import Tracer
from jax.typing import ArrayLike

from lab.catalog import Catalog
from lab.validation.checks import check_fields, checked
from lab.validation.errors import require, shown
from lab.validation.kinds import Number, Tree

Axis = int | tuple[int, ...] | None


# Numbers: predictions [...], targets [...] -> [...]


@checked
def squared_error(predictions: ArrayLike, targets: ArrayLike | None = None) -> jax.Array:
    """(ŷ − t)², without the ½ that others put before it. Without targets, t = 0."""
    errors, dtype = _errors(predictions, targets)
    return jnp.square(errors).astype(dtype)


@checked
def absolute_error(predictions: ArrayLike, targets: ArrayLike | None = None) -> jax.Array:
    """|ŷ − t|; its sub-gradient at ŷ = t is 0."""
    errors, dtype = _errors(predictions, targets)
    return _size(errors).astype(dtype)


def _size(x):
    return x * jnp.sign(x)  # |x| with derivative sign(x): 0 at 0, where JAX gives |x| a 1


@checked
def huber_loss(
    predictions: ArrayLike, targets: ArrayLike | None = None, *, delta: Number = 1.0
) -> jax.Array:
    """½e² where |e| ≤ δ, else δ(|e| − ½δ); e = ŷ − t. The gradient is e clipped to ±δ.

    Huber, Robust estimation of a location parameter, 1964.
    """
    errors, dtype = _errors(predictions, targets)
    size, delta = _size(errors), jnp.asarray(delta, errors.dtype)
    inner = jnp.minimum(size, delta)  # one formula for both branches: the gradient stays finite
    outer = jnp.where(size > delta, size - delta, 0)
    return (0.5 * jnp.square(inner) + _weighted(outer, delta)).astype(dtype)


@checked
def log_cosh(predictions: ArrayLike, targets: ArrayLike | None = None) -> jax.Array:
    """The logarithm of cosh(ŷ − t): ½e² where small, |e| − log 2 where large; gradient tanh e."""
    errors, dtype = _errors(predictions, targets)
    return _log_cosh(errors).astype(dtype)


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
    logits, labels, dtype = _matching("logits", logits, "labels", labels)
    return _binary_cross_entropy(logits, labels).astype(dtype)


def _binary_cross_entropy(logits, labels):
    return _weighted(labels, _softplus(-logits)) + _weighted(1 - labels, _softplus(logits))


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
    logits, labels, dtype = _matching("logits", logits, "labels", labels)
    gamma = jnp.asarray(gamma, logits.dtype)
    modulation = jnp.exp(gamma * _log_of_the_rest(jnp.clip(logits, -1e30, 1e30), labels))
    loss = _binary_cross_entropy(logits, labels)
    endless = jnp.isinf(loss)  # where the modulation is (1 − y)^γ or y^γ, and constant
    loss = jnp.where(
        endless,
        jax.lax.stop_gradient(modulation) * loss,
        modulation * jnp.where(endless, 0, loss),
    )
    if alpha is not None:
        alpha = jnp.asarray(alpha, logits.dtype)
        loss = _weighted(alpha * labels + (1 - alpha) * (1 - labels), loss)
    return loss.astype(dtype)


def _log_of_the_rest(logits, labels):
    """The logarithm of 1 − p_t = (1 − y) σ(z) + y (1 − σ(z)), for finite z."""
    log_p = jnp.where(labels < 1, -_softplus(-logits), -jnp.inf)  # log σ(z), unless its weight is 0
    log_q = jnp.where(labels > 0, -_softplus(logits), -jnp.inf)
    top = jax.lax.stop_gradient(jnp.maximum(log_p, log_q))
    return top + jnp.log((1 - labels) * jnp.exp(log_p - top) + labels * jnp.exp(log_q - top))


@checked
def hinge_loss(predictor_outputs: ArrayLike, targets: ArrayLike) -> jax.Array:
    """max(0, 1 − ŷ t) for targets t ∈ {−1, 1}."""
    outputs, targets, dtype = _matching("predictor_outputs", predictor_outputs, "targets", targets)
    return jnp.maximum(0, 1 - outputs * targets).astype(dtype)


@jax.custom_jvp
def _softplus(x):
    return jnp.maximum(x, 0) + jnp.log1p(jnp.exp(-jnp.abs(x)))


_softplus.defjvps(lambda g, ans, x: g * jax.nn.sigmoid(x))


# Distributions: logits [B, K] -> [B]


@checked
def softmax_cross_entropy(
    logits: ArrayLike, labels: ArrayLike, axis: Axis = -1, where: ArrayLike | None = None
) -> jax.Array:
    """−Σ_k y_k log softmax(z)_k for labels y [B, K], one-hot or any distribution.

    The gradient is softmax(z) − y. Only elements where `where` is true take part.
    """
    logits, labels, dtype = _matching("logits", logits, "labels", labels)
    where = _mask(where, logits, axis)
    log_probabilities, labels = _only(where, _log_softmax(logits, where, axis), labels)
    return -jnp.sum(_weighted(labels, log_probabilities), axis).astype(dtype)


@checked
def softmax_cross_entropy_with_integer_labels(
    logits: ArrayLike,
    labels: ArrayLike,
    axis: int | tuple[int, ...] = -1,
    where: ArrayLike | None = None,
) -> jax.Array:
    """−log softmax(z)_y for integer labels y [B].

    With a tuple of axes, labels are indices into those axes flattened. A label outside 0 … K − 1,
    where optax counts from the end or has NaN, is refused, or NaN where it is traced; not in an
    example of which nothing takes part.
    """
    (logits, dtype), labels = _widened(_floating("logits", logits)), jnp.asarray(labels)
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
    labels = labels.astype(jnp.result_type(int))
    takes_part = True if where is None else jnp.any(where, -1)
    wrong = (labels < 0) | (labels >= logits.shape[-1])
    _require_known("labels", labels, wrong & takes_part, f"from 0 to {logits.shape[-1] - 1}")
    log_probabilities = _log_softmax(logits, where, -1)
    labels = jnp.where(wrong, 0, labels)
    loss = -jnp.take_along_axis(log_probabilities, labels[..., None], -1)[..., 0]
    return jnp.where(takes_part, jnp.where(wrong, jnp.nan, loss), 0).astype(dtype)


@checked
def kl_divergence(
    log_predictions: ArrayLike, targets: ArrayLike, axis: Axis = -1, where: ArrayLike | None = None
) -> jax.Array:
    """Σ_k t_k (log t_k − log p_k), where 0 log 0 = 0; predictions are given as log p."""
    log_p, targets, dtype = _matching("log_predictions", log_predictions, "targets", targets)
    log_p, targets = _only(_mask(where, log_p, axis), log_p, targets)
    log_targets = jnp.log(jnp.where(targets == 0, 1, targets))
    return jnp.sum(_weighted(targets, log_targets - log_p), axis).astype(dtype)


@checked
def smooth_labels(
    labels: ArrayLike, alpha: Number, *, axis: Axis = -1, where: ArrayLike | None = None
) -> jax.Array:
    """(1 − α) y + α/K: one-hot labels mixed with the uniform distribution; same shape.

    Szegedy et al., arXiv:1512.00567, section 7.
    """
    labels, dtype = _widened(_floating("labels", labels))
    alpha = jnp.asarray(alpha, labels.dtype)
    (everything,) = _only(_mask(where, labels, axis), jnp.ones_like(labels))
    classes = jnp.sum(everything, axis, keepdims=True)
    return ((1 - alpha) * labels + alpha / jnp.maximum(classes, 1)).astype(dtype)


@functools.partial(jax.custom_jvp, nondiff_argnums=(2,))
def _log_softmax(logits, where, axis):
    """Is z − max z − log Σ exp(z − max z): the largest exponential is 1, and none overflows.

    A logit of −∞ is a class of probability 0; logits of ∞ share everything.
    """
    kept = logits if where is None else jnp.where(where, logits, -jnp.inf)
    top = jnp.max(kept, axis, keepdims=True, initial=-jnp.inf)
    limits = jnp.where(jnp.isposinf(logits), 0, -jnp.inf)
    logits, kept = (jnp.where(jnp.isposinf(top), limits, z) for z in (logits, kept))
    top = jnp.where(jnp.isinf(top), 0, top)
    return logits - top - jnp.log(jnp.sum(jnp.exp(kept - top), axis, keepdims=True))


@_log_softmax.defjvp
def _log_softmax_jvp(axis, primals, tangents):
    """The change dz − Σ softmax(z) dz is finite where z is not."""
    values = _log_softmax(*primals, axis)
    (probabilities,) = _only(primals[1], jnp.exp(values))
    change = tangents[0] - jnp.sum(probabilities * tangents[0], axis, keepdims=True)
    return values, change


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
    a, b, dtype = _matching("predictions", predictions, "targets", targets)
    a, b = _only(_mask(where, a, axis), a, b)
    least = jnp.sqrt(jnp.asarray(epsilon, a.dtype))

    def unit(v):
        # in units of the largest component, so that no square overflows, nor all of them vanish
        scale = jax.lax.stop_gradient(jnp.max(jnp.abs(v), axis, keepdims=True, initial=0))
        scale = jnp.where(scale > 0, jnp.minimum(scale, jnp.finfo(v.dtype).max / 8), 1)
        squared = jnp.sum(jnp.square(v / scale), axis, keepdims=True)
        norm = jnp.where(squared > 0, jnp.sqrt(jnp.where(squared > 0, squared, 1)), 0)
        norm = jnp.maximum(norm, least / scale)
        return v / scale / jnp.where(norm > 0, norm, 1)

    return jnp.sum(unit(a) * unit(b), axis).astype(dtype)


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
    a, b, dtype = _matching("predictions", predictions, "targets", targets)
    return (1 - cosine_similarity(a, b, epsilon=epsilon, axis=axis, where=where)).astype(dtype)


# Penalties: any tree of parameters -> a number, of the widest dtype in it, float32 at least


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
    leaves = [jnp.asarray(leaf) for leaf in jax.tree.leaves(params)]
    inexact = (leaf.dtype for leaf in leaves if jnp.issubdtype(leaf.dtype, jnp.inexact))
    dtype = np.result_type(np.float32, *inexact)  # also where there are only integers, or nothing
    return sum((jnp.sum(function(leaf.astype(dtype))) for leaf in leaves), jnp.zeros((), dtype))


# Arithmetic that losses share


def _weighted(weight, x):
    """The product w x, where 0 · ∞ = 0 = ∞ · 0."""
    endless = jnp.isinf(weight) & (x == 0)
    x = jnp.where((weight == 0) & jnp.isinf(x), 0, x)
    return jnp.where(endless, 0, weight) * x


def _only(where, *arrays):
    """The arrays with zeros for what takes no part, which then has no gradient either."""
    return arrays if where is None else tuple(jnp.where(where, a, 0) for a in arrays)


def _widened(array: jax.Array) -> tuple[jax.Array, Any]:
    """The array, as float32 if it has floats of 16 bits, and its own dtype."""
    narrow = jnp.issubdtype(array.dtype, jnp.floating) and jnp.finfo(array.dtype).bits < 32
    return (array.astype(jnp.float32) if narrow else array), array.dtype


# Checks before anything is computed


def _floating(name: str, array: ArrayLike) -> jax.Array:
    array = jnp.asarray(array)
    require(
        jnp.issubdtype(array.dtype, jnp.floating),
        f"{name} must be floating-point numbers, given an array of {array.dtype}.",
    )
    return array


def _matching(
    first: str, a: ArrayLike, second: str, b: ArrayLike
) -> tuple[jax.Array, jax.Array, Any]:
    """Both, of one shape, to compute with, and the dtype of the result.

    [B, 1] against [B] would silently give [B, B].
    """
    a = _floating(first, a)
    require(
        a.shape == np.shape(b),
        f"{second} must have the shape of {first}, {a.shape}, given {np.shape(b)}.",
    )
    require(not np.iscomplexobj(b), f"{second} must be real numbers, given complex ones.")
    a, dtype = _widened(a)
    return a, jnp.asarray(b, a.dtype), dtype


def _errors(predictions: ArrayLike, targets: ArrayLike | None) -> tuple[jax.Array, Any]:
    if targets is None:
        return _widened(_floating("predictions", predictions))
    predictions, targets, dtype = _matching("predictions", predictions, "targets", targets)
    return predictions - targets, dtype


def _require_known(name: str, array: jax.Array, wrong: jax.Array, allowed: str) -> None:
    """Refuse what is wrong in an array, unless a part of it is still to be traced."""
    if not isinstance(wrong, Tracer):
        bad = np.asarray(array)[np.asarray(wrong)]
        require(bad.size == 0, f"{name} must be {allowed}, given {bad[:1].tolist()}.")


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
