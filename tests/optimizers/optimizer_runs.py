"""Shared gradients, and how a rule is run over them. T steps, L learning rates."""

import contextlib
import warnings

import jax
import jax.numpy as jnp
import numpy as np
import optax

T = 200
SHAPES = {
    "matrix": (4, 3),
    "vector": (3,),
    "nested": {"scalar": (), "empty": (0,), "cube": (2, 3, 2)},
    "regimes": (4, 6),  # a row each: tiny, with exact zeros, flipping, dying out
}
REGIMES = (
    lambda g, t: g * 10.0 ** -np.linspace(6, 12, 6),
    lambda g, t: np.where((t[:, None] + np.arange(6)) % 3 == 0, 0.0, g * [1, 1, 1, 1, 1, 0]),
    lambda g, t: (-1.0) ** t[:, None] * np.linspace(0.5, 2, 6),
    lambda g, t: g * 10.0 ** (-t[:, None] / 15),
)


def _random(scale=1.0, seed=0, lead=()):
    rng = np.random.default_rng(seed)
    return jax.tree.map(
        lambda shape: rng.normal(size=(*lead, *shape)) * scale,
        SHAPES,
        is_leaf=lambda x: isinstance(x, tuple),
    )


def parameters(dtype):
    """A nested tree with a scalar, an empty array and ranks up to 3."""
    return jax.tree.map(lambda x: jnp.asarray(x, dtype), _random(seed=1))


def gradients(dtype):
    """[T, ...] for every parameter: noise, and leaves that are hard for a rule."""
    tree = _random(lead=(T,))
    t = np.arange(T)
    rows = zip(REGIMES, tree["regimes"].swapaxes(0, 1), strict=True)
    tree["regimes"] = np.stack([hard(g, t) for hard, g in rows], axis=1)
    if np.issubdtype(dtype, np.complexfloating):
        turn = np.exp(1j * np.linspace(0, 40, T))
        tree = jax.tree.map(lambda g: g * turn.reshape(T, *[1] * (g.ndim - 1)), tree)
    return jax.tree.map(lambda x: jnp.asarray(x, dtype), tree)


def rates(dtype):
    """[T]: 0.01, with two jumps and a drift in between."""
    t = np.arange(T)
    rate = 0.01 * np.select([t < 80, t < 140], [1.0, 0.1], 3.0 / (1 + t / 100))
    return jnp.asarray(rate, jnp.finfo(dtype).dtype)


@contextlib.contextmanager
def strictness():
    """No implicit promotion of dtypes or ranks, no warnings: lab code passes this."""
    with (
        jax.numpy_dtype_promotion("strict"),
        jax.numpy_rank_promotion("raise"),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("error")
        yield


def _step(make):
    def step(carry, inputs):
        params, state = carry
        gradient, rate = inputs
        updates, state = make(rate).update(gradient, state, params)
        with jax.numpy_dtype_promotion("standard"):  # optax's own, where a rule widens updates
            params = optax.apply_updates(params, updates)
        return (params, state), updates

    return step


def _start(make, dtype):
    params = parameters(dtype)
    return params, make(1.0).init(params)


def _loop(step, carry, xs):
    xs = jax.tree.map(np.asarray, xs)  # slicing those is much faster
    history = []
    for t in range(T):
        carry, updates = step(carry, jax.tree.map(lambda x: x[t], xs))  # noqa: B023
        history.append(updates)
    history = jax.device_get(history)
    return jax.tree.map(lambda *u: np.stack(u), *history)


def eager(make, dtype):
    step = _step(make)
    return _loop(
        lambda carry, x: step(carry, jax.tree.map(jnp.asarray, x)),
        _start(make, dtype),
        (gradients(dtype), rates(dtype)),
    )


def jit(make, dtype):
    return _loop(jax.jit(_step(make)), _start(make, dtype), (gradients(dtype), rates(dtype)))


def scan(make, dtype):
    def run(carry, xs):
        return jax.lax.scan(_step(make), carry, xs)[1]

    return jax.jit(run)(_start(make, dtype), (gradients(dtype), rates(dtype)))


def vmap(make, dtype):
    def run(factor):
        xs = (gradients(dtype), factor * rates(dtype))
        return jax.lax.scan(_step(make), _start(make, dtype), xs)[1]

    by_rate = jax.jit(jax.vmap(run))(jnp.asarray([0.1, 1.0, 10.0], jnp.finfo(dtype).dtype))
    return jax.tree.map(lambda u_LT: np.concatenate(np.asarray(u_LT)), by_rate)


def visited(updates, dtype):
    """The parameters [T, ...] that updates lead to."""
    return jax.tree.map(lambda p, u: _wide(p) + np.cumsum(_wide(u), 0), parameters(dtype), updates)


def _wide(x):
    return np.asarray(x).astype(np.complex128 if jnp.iscomplexobj(x) else np.float64)


def worst_error(updates, reference, scales=None):
    """Largest difference over the run, relative to the leaf's largest reference update.

    With `scales`, relative to the largest entry of its leaf there.

    Every row of `regimes` counts as a leaf of its own.
    """

    def split(tree):
        return tree | {"regimes": list(np.moveaxis(tree["regimes"], 1, 0))}

    def leaf(u, r, s):
        assert u.shape == r.shape
        # a schedule of float32 widens the bfloat16 updates of optax, not those of the lab
        assert u.dtype in (r.dtype, jnp.bfloat16)
        u, r = _wide(u), _wide(r)
        assert np.isfinite(r).all()
        scale = np.max(np.abs(_wide(s)), initial=0.0)
        difference = np.max(np.abs(u - r), initial=0.0)
        return difference / scale if scale > 0 else difference

    errors = jax.tree.leaves(
        jax.tree.map(leaf, split(updates), split(reference), split(scales or reference))
    )
    return max(errors)
