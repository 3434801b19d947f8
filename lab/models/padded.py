"""Multi-layer perceptrons of any depth and width up to a largest one, as one program.

Depth, widths and dropout rates are numbers of the call, so that architectures can be lanes of one
sweep. Parameters and masks have the largest shape and are zero beyond the real one: what is drawn
is drawn as at the real shape, and no gradient reaches the padding. A rule that moves a zero with
zero gradients nowhere, and looks at each number alone, trains the padded net as it would train
the real one.

Shapes: B batch, D inputs, W largest width, K outputs.
"""

from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn

from lab.models.activations import ACTIVATIONS
from lab.models.dropout import inverted
from lab.models.initializers import INITIALIZERS, Initializer
from lab.validation.checks import check_fields
from lab.validation.errors import UnknownNameError, require
from lab.validation.kinds import Count


class PaddedMLP(nn.Module):
    """As `MLP` with `widths=(units_0, …)`, for `layers` between 1 and `most_layers`.

    The numbers of a call: `layers`, and for each layer i `units_i` between 1 and `most_units`
    and, with `dropout`, `dropout_i`. Those of layers that are not there are not looked at.

    Attributes:
      most_layers: Hidden layers of the largest net.
      most_units: W, units of its hidden layers.
      outputs: K.
      activation: A name out of `ACTIVATIONS`, without parameters of its own.
      initializer: A name out of `INITIALIZERS`, one that is scaled by fans.
      dropout: Whether hidden units are dropped in training.

    Raises:
      InputError: If the initializer or the activation cannot be padded.
    """

    most_layers: Count
    most_units: Count
    outputs: Count
    activation: str = "relu"
    initializer: str = "he_normal"
    dropout: bool = False

    def __post_init__(self):
        check_fields(self)
        scaled = [name for name, one in INITIALIZERS.items() if one.variance is not None]
        if self.initializer not in scaled:
            raise UnknownNameError("initializer of a padded net", self.initializer, scaled)
        if self.activation not in ACTIVATIONS:
            raise UnknownNameError("activation", self.activation, ACTIVATIONS)
        require(self.activation != "prelu", "prelu has parameters that are not padded.")
        super().__post_init__()

    @nn.compact
    def __call__(self, x: jax.Array, *, train: bool, layers: Any, **numbers: Any) -> jax.Array:
        """[B, ...] -> [B, K]."""
        h = x.reshape(x.shape[0], -1)
        h = h if h.dtype in (jnp.float32, jnp.float64) else h.astype(jnp.float32)
        real = jnp.asarray(h.shape[-1], jnp.int32)  # of the layer before
        for i in range(self.most_layers):
            units = jnp.asarray(numbers[f"units_{i}"]).astype(jnp.int32)
            there = i < jnp.asarray(layers)
            rate = numbers[f"dropout_{i}"] if self.dropout else None
            made = PaddedHidden(
                self.most_units, self.activation, self.initializer, name=f"hidden_{i:02d}"
            )(h, real, units, rate, there, train=train)
            h = made if i == 0 else jnp.where(there, made, h)
            real = jnp.where(there, units, real)
        wide = jnp.int32(self.outputs)
        return PaddedDense(self.outputs, self.initializer, name="output")(h, real, wide, True)


class PaddedHidden(nn.Module):
    """Dense → activation → dropout; units beyond the real ones put out 0."""

    most_units: int
    activation: str
    initializer: str

    @nn.compact
    def __call__(self, x, inputs, units, rate, there, *, train: bool) -> jax.Array:
        """[B, ·] -> [B, W]."""
        dense = PaddedDense(self.most_units, self.initializer, name="dense")
        h = ACTIVATIONS[self.activation](dense(x, inputs, units, there))
        if rate is not None and train:
            h = PaddedDropout(name="dropout")(h, units, rate)
        return jnp.where(jnp.arange(self.most_units) < units, h, 0)


class PaddedDense(nn.Module):
    """A dense layer whose kernel [most inputs, most units] is drawn at [inputs, units]."""

    most_units: int
    initializer: str

    @nn.compact
    def __call__(self, x: jax.Array, inputs: Any, units: Any, there: Any) -> jax.Array:
        """[B, most inputs] -> [B, most units]."""
        shape = (x.shape[-1], self.most_units)
        one = INITIALIZERS[self.initializer]
        kernel = self.param("kernel", lambda key: _drawn(key, one, shape, inputs, units, x.dtype))
        bias = self.param("bias", nn.initializers.zeros, (self.most_units,), x.dtype)
        return x @ jnp.where(there, kernel, 0) + bias


class PaddedDropout(nn.Module):
    """The mask that `Dropout` draws at [B, units]."""

    @nn.compact
    def __call__(self, x: jax.Array, units: Any, rate: Any) -> jax.Array:
        """[B, W] -> [B, W]."""
        uniform = jax.random.uniform(self.make_rng("dropout"), (x.size,), x.dtype)
        return inverted(x, as_at(uniform, x.shape, x.shape[0], units, fill=0), rate)


def as_at(drawn: jax.Array, shape: tuple[int, ...], rows: Any, columns: Any, fill: Any):
    """What a draw at [rows, columns] would have given, in an array of a larger `shape`.

    Threefry's n-th number depends on the key and on n alone (`jax_threefry_partitionable`, the
    default), so a long draw begins with the shorter one: element (r, c) of the smaller array is
    number r · columns + c.
    """
    r, c = jnp.indices(shape, dtype=jnp.int32)
    inside = (r < rows) & (c < columns)
    return jnp.where(inside, drawn[jnp.where(inside, r * columns + c, 0)], fill)


def _drawn(key, one: Initializer, shape, inputs, units, dtype) -> jax.Array:
    assert one.draw is not None
    assert one.variance is not None
    flat = one.draw(key, (shape[0] * shape[1],), dtype)
    variance = one.variance(inputs.astype(dtype), units.astype(dtype))
    return as_at(flat, shape, inputs, units, fill=0) * jnp.sqrt(variance)
