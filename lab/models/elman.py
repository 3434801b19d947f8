"""Elman's recurrent network, and back-propagation through time by hand.

Shapes: B batch, T times, D inputs, H hidden units, K outputs.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen as nn

from lab.models.activations import ACTIVATIONS
from lab.models.initializers import INITIALIZERS
from lab.validation.checks import check_fields, checked
from lab.validation.errors import UnknownNameError, require, shown
from lab.validation.kinds import Count, Named, Reals


class Elman(nn.Module):
    """h_t = f(W x_t + U h_{t−1} + b), h_0 = 0, and outputs V h_T + c of the last state.

    Parameters: `{"input": {"kernel" [D, H], "bias" [H]}, "recurrent": {"kernel" [H, H]},
    "output": {"kernel" [H, K], "bias" [K]}}`. Elman, Finding structure in time, 1990. The
    gradient contains products of T factors Uᵀ diag f': it vanishes where they are below 1 and
    explodes where they are above (Pascanu et al., arXiv:1211.5063).

    Attributes:
      hidden: H.
      outputs: K.
      activation: f, a name out of `ACTIVATIONS`.
      initializer: A name out of `INITIALIZERS`, for W and V.
      recurrent_initializer: The same for U.
      recurrent_scale: What U is multiplied by at the start; with orthogonal U its singular values.
    """

    hidden: Count
    outputs: Count
    activation: str = "tanh"
    initializer: str = "glorot_uniform"
    recurrent_initializer: str = "orthogonal"
    recurrent_scale: float = 1.0

    def __post_init__(self):
        check_fields(self)
        if self.activation not in ACTIVATIONS:
            raise UnknownNameError("activation", self.activation, ACTIVATIONS)
        for field in ("initializer", "recurrent_initializer"):
            if getattr(self, field) not in INITIALIZERS:
                raise UnknownNameError(field, getattr(self, field), INITIALIZERS)
        super().__post_init__()

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """[B, T, D] -> [B, K]."""
        require(x.ndim == 3, f"inputs must be sequences [B, T, D], given shape {x.shape}.")
        draw, dtype = INITIALIZERS[self.initializer], x.dtype

        def scaled(key, shape, dtype):
            return self.recurrent_scale * INITIALIZERS[self.recurrent_initializer](
                key, shape, dtype
            )

        width = (self.hidden, self.hidden)
        params = {
            "input": Weights((x.shape[-1], self.hidden), draw, True, name="input")(dtype),
            "recurrent": Weights(width, scaled, False, name="recurrent")(dtype),
        }
        h = unroll(params, x, self.activation)[-1]
        Shown(name="state")(h)
        last = Weights((self.hidden, self.outputs), draw, True, name="output")(dtype)
        return h @ last["kernel"] + last["bias"][None]


class Shown(nn.Module):
    """Lets `lab.models.hidden` see the last state."""

    @nn.compact
    def __call__(self, h: jax.Array) -> None:
        """[B, H]."""
        self.sow("intermediates", "output", h, reduce_fn=_latest, init_fn=_none)


class Weights(nn.Module):
    """A kernel, and a bias of 0 if there is one."""

    shape: tuple[int, int]
    draw: Any
    biased: bool

    @nn.compact
    def __call__(self, dtype: Any) -> dict[str, jax.Array]:
        """Declare or read them."""
        found = {"kernel": self.param("kernel", self.draw, self.shape, dtype)}
        if self.biased:
            found["bias"] = self.param("bias", nn.initializers.zeros, self.shape[1:], dtype)
        return found


def unroll(params: Any, x_BTD: jax.Array, activation: str = "tanh") -> jax.Array:
    """The hidden state after each time: [T, B, H]."""
    f, into = ACTIVATIONS[activation], params["input"]
    recurrent = params["recurrent"]["kernel"]
    driven_TBH = jnp.swapaxes(x_BTD @ into["kernel"] + into["bias"][None, None], 0, 1)

    def step(h, driven):
        h = f(driven + h @ recurrent)
        return h, h

    return jax.lax.scan(step, jnp.zeros_like(driven_TBH[0]), driven_TBH)[1]


class ThroughTime(NamedTuple):
    """What back-propagation through time finds."""

    gradient: Any  # a tree like the parameters
    signal: jax.Array  # [T]: √Σ_B ‖∂L/∂h_t‖², how the gradient grows or shrinks going back


@checked
def backpropagate_through_time(
    params: Named, x_BTD: Reals, output_gradient_BK: Reals, activation: str = "tanh"
) -> ThroughTime:
    """The gradient of an `Elman` network, its recurrences written out.

        δ_T = Vᵀ ∂L/∂y,    ε_t = f'(z_t) δ_t,    δ_{t−1} = Uᵀ ε_t
        ∂L/∂W = Σ_t x_tᵀ ε_t,    ∂L/∂U = Σ_t h_{t−1}ᵀ ε_t,    ∂L/∂b = Σ_t ε_t

    Werbos, Backpropagation through time, 1990.

    Args:
      params: Of an `Elman` network.
      x_BTD: Inputs.
      output_gradient_BK: ∂L/∂y of the loss by the network's outputs.
      activation: f, the network's.
    """
    _check_shapes(params, x_BTD, output_gradient_BK)
    f, into, out = ACTIVATIONS[activation], params["input"], params["output"]
    recurrent = params["recurrent"]["kernel"]
    x_TBD = jnp.swapaxes(x_BTD, 0, 1)
    h_TBH = unroll(params, x_BTD, activation)
    before_TBH = jnp.concatenate([jnp.zeros_like(h_TBH[:1]), h_TBH[:-1]])
    z_TBH = x_TBD @ into["kernel"] + into["bias"][None, None] + before_TBH @ recurrent
    slope_TBH = jax.jvp(f, (z_TBH,), (jnp.ones_like(z_TBH),))[1]

    def back(delta, slope):
        error = slope * delta  # ε_t
        return error @ recurrent.T, (error, jnp.linalg.norm(delta))

    last = output_gradient_BK @ out["kernel"].T
    _, (error_TBH, signal_T) = jax.lax.scan(back, last, slope_TBH, reverse=True)
    gradient = {
        "input": {
            "kernel": jnp.einsum("tbd,tbh->dh", x_TBD, error_TBH),
            "bias": jnp.sum(error_TBH, (0, 1)),
        },
        "recurrent": {"kernel": jnp.einsum("tbg,tbh->gh", before_TBH, error_TBH)},
        "output": {
            "kernel": h_TBH[-1].T @ output_gradient_BK,
            "bias": jnp.sum(output_gradient_BK, 0),
        },
    }
    return ThroughTime(gradient, signal_T)


def _check_shapes(params: Any, x: jax.Array, output_gradient: jax.Array) -> None:
    b_k, b_t_d = np.shape(output_gradient), np.shape(x)
    require(
        len(b_t_d) == 3 and len(b_k) == 2 and b_k[0] == b_t_d[0],
        f"x_BTD must be [B, T, D] and output_gradient_BK [B, K], given {b_t_d} and {b_k}.",
    )
    shapes = jax.tree.map(np.shape, params, is_leaf=lambda node: hasattr(node, "shape"))
    try:
        h = shapes["input"]["bias"][0]
    except (TypeError, KeyError, IndexError):
        h = 0
    d, k = b_t_d[2], b_k[1]
    expected = {
        "input": {"kernel": (d, h), "bias": (h,)},
        "recurrent": {"kernel": (h, h)},
        "output": {"kernel": (h, k), "bias": (k,)},
    }
    require(
        h > 0 and shapes == expected,
        f"params must be those of an Elman network with the {d} inputs of x_BTD and the {k} "
        f"outputs of output_gradient_BK, given {shown(shapes)}.",
    )


def _latest(_: Any, new: Any) -> Any:
    return new


def _none() -> Any:
    return None
