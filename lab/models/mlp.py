"""One multi-layer perceptron, every structural choice a field.

Shapes: B batch, D inputs, W units of a layer, K outputs.
"""

from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn

from lab.models.activations import ACTIVATIONS, prelu
from lab.models.dropout import Dropout
from lab.models.initializers import INITIALIZERS
from lab.models.normalization import BatchNorm, GroupNorm, InputNorm
from lab.validation.checks import check_fields
from lab.validation.errors import UnknownNameError, require
from lab.validation.kinds import Count

NORMALIZATIONS = ("batch", "layer", "group")
POSITIONS = ("before", "after")


class MLP(nn.Module):
    """Hidden layers, then a linear output layer. Equal choices are equal and hash alike.

    A hidden layer is dense → (normalization) → activation → dropout, or dense → activation →
    (normalization) → dropout; with `residual` its input is added where the widths agree.
    Parameters: `{"hidden_00": {"dense": {"kernel", "bias"}, "norm": {"scale", "bias"}}, ...,
    "output": {"kernel", "bias"}}`, so that sorting by name is sorting by depth. Where
    normalization comes directly after the dense layer, its β is the layer's only bias.

    Attributes:
      widths: Units of each hidden layer; `()` is a linear model.
      outputs: K, units of the output layer.
      activation: A name out of `ACTIVATIONS`; `"prelu"` learns one slope per unit.
      initializer: A name out of `INITIALIZERS`, for all kernels.
      bias_value: Biases of hidden layers at the start; 0.01 against dying ReLUs.
      normalization: None, `"batch"`, `"layer"` or `"group"`.
      normalization_position: `"before"` or `"after"` the activation.
      groups: Groups of `"group"` normalization.
      momentum: Of the running averages of batch normalization.
      dropout: Whether hidden units are dropped in training; the rate is a number of the call.
      residual: Whether layers of equal width are bridged.
      input_normalization: Whether inputs are standardized by the training rows seen so far.
    """

    widths: tuple[Count, ...]
    outputs: Count
    activation: str = "relu"
    initializer: str = "he_normal"
    bias_value: float = 0.0
    normalization: str | None = None
    normalization_position: str = "before"
    groups: Count = 4
    momentum: float = 0.9
    dropout: bool = False
    residual: bool = False
    input_normalization: bool = False

    def __post_init__(self):
        check_fields(self)
        for kind, given, known in (
            ("activation", self.activation, ACTIVATIONS),
            ("initializer", self.initializer, INITIALIZERS),
            ("normalization", self.normalization or "batch", NORMALIZATIONS),
            ("normalization position", self.normalization_position, POSITIONS),
        ):
            if given not in known:
                raise UnknownNameError(kind, given, known)
        require(
            self.normalization != "group" or all(w % self.groups == 0 for w in self.widths),
            f"groups must divide every width, given {self.groups} for widths {self.widths}.",
        )
        super().__post_init__()

    @nn.compact
    def __call__(self, x: jax.Array, *, train: bool, dropout_rate: Any = 0.0) -> jax.Array:
        """[B, ...] -> [B, K]; `dropout_rate` is one for all hidden layers, or one for each."""
        layers = len(self.widths)
        require(
            jnp.shape(dropout_rate) in ((), (layers,)),
            f"dropout_rate must be a number, or one for each of {layers} hidden layers, given "
            f"shape {list(jnp.shape(dropout_rate))}.",
        )
        rates = jnp.broadcast_to(jnp.asarray(dropout_rate), (layers,))
        h = x.reshape(x.shape[0], -1)
        if h.dtype not in (jnp.float32, jnp.float64):
            h = h.astype(jnp.float32)
        if self.input_normalization:
            h = InputNorm(name="input")(h, train=train)
        for number, width in enumerate(self.widths):
            h = Hidden(
                width=width,
                activation=self.activation,
                initializer=self.initializer,
                bias_value=self.bias_value,
                normalization=self.normalization,
                normalization_position=self.normalization_position,
                groups=self.groups,
                momentum=self.momentum,
                dropout=self.dropout,
                residual=self.residual,
                name=f"hidden_{number:02d}",
            )(h, train=train, dropout_rate=rates[number])
        return nn.Dense(
            self.outputs,
            kernel_init=INITIALIZERS[self.initializer],
            param_dtype=h.dtype,
            name="output",
        )(h)


class Hidden(nn.Module):
    """A hidden layer; the fields are those of `MLP`."""

    width: int
    activation: str
    initializer: str
    bias_value: float
    normalization: str | None
    normalization_position: str
    groups: int
    momentum: float
    dropout: bool
    residual: bool

    @nn.compact
    def __call__(self, x: jax.Array, *, train: bool, dropout_rate: Any) -> jax.Array:
        """[B, D] -> [B, W]."""
        before = self.normalization is not None and self.normalization_position == "before"
        h = nn.Dense(
            self.width,
            use_bias=not before,
            kernel_init=INITIALIZERS[self.initializer],
            bias_init=nn.initializers.constant(self.bias_value),
            param_dtype=x.dtype,
            name="dense",
        )(x)
        if before:
            h = self._activate(self._normalize(h, train, self.bias_value))
        else:
            h = self._normalize(self._activate(h), train, 0.0)
        if self.dropout:
            h = Dropout(name="dropout")(h, dropout_rate, train=train)
        if self.residual and x.shape == h.shape:
            h = x + h
        self._show("output", h)
        return h

    def _normalize(self, h, train, bias_value):
        if self.normalization is None:
            return h
        if self.normalization == "batch":
            layer = BatchNorm(momentum=self.momentum, bias_value=bias_value, name="norm")
            return layer(h, train=train)
        groups = self.groups if self.normalization == "group" else 1
        return GroupNorm(groups=groups, bias_value=bias_value, name="norm")(h)

    def _activate(self, h):
        self._show("preactivation", h)
        if self.activation != "prelu":
            h = ACTIVATIONS[self.activation](h)
        else:
            slopes = self.param("slope", nn.initializers.constant(0.25), h.shape[-1:], h.dtype)
            h = prelu(h, slopes[None])
        self._show("activation", h)
        return h

    def _show(self, name, h):
        self.sow("intermediates", name, h, reduce_fn=_latest, init_fn=_none)


def _latest(_: Any, new: Any) -> Any:
    return new


def _none() -> Any:
    return None
