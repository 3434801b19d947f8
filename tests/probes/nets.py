"""A small tanh network in float64, whose dense Jacobians and Hessians are at hand."""

import jax
import jax.flatten_util
import jax.numpy as jnp
import numpy as np

B, D, W, K = 12, 3, 4, 3


def net(seed=0):
    """`(params, batch)` as NumPy arrays."""
    rng = np.random.default_rng(seed)
    params = {
        f"layer_{i}": {"bias": rng.normal(size=n), "kernel": rng.normal(size=(m, n))}
        for i, (m, n) in enumerate([(D, W), (W, W), (W, K)])
    }
    return params, {"x": rng.normal(size=(B, D)), "y": rng.integers(0, K, B)}


def forward(params, x):
    """Outputs [B, K] and `{name: [B, W]}`, before and after each tanh."""
    before, after = {}, {}
    for name in ("layer_0", "layer_1"):
        before[name] = x @ params[name]["kernel"] + params[name]["bias"][None]
        x = after[name] = jnp.tanh(before[name])
    return x @ params["layer_2"]["kernel"] + params["layer_2"]["bias"][None], before, after


def loss(params, batch):
    """Mean cross-entropy."""
    logits = jax.nn.log_softmax(forward(params, batch["x"])[0])
    return -jnp.mean(jnp.take_along_axis(logits, batch["y"][:, None], 1))


@jax.jit
def dense_hessian(params, batch):
    """[P, P]."""
    flat, tree = jax.flatten_util.ravel_pytree(params)
    return jax.hessian(lambda w: loss(tree(w), batch))(flat)


def dense_gradients(params, batch):
    """Gradients of single examples [B, P]: rows of the Jacobian of their losses."""
    flat, tree = jax.flatten_util.ravel_pytree(params)

    def losses(w):
        logits = jax.nn.log_softmax(forward(tree(w), batch["x"])[0])
        return -jnp.take_along_axis(logits, batch["y"][:, None], 1)[:, 0]

    return np.asarray(jax.jit(jax.jacrev(losses))(flat))
