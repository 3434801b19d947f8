"""Normalization by hand: x̂ = (x − μ)/√(σ² + ε), y = γx̂ + β; γ = 1 and β given at the start.

Batch normalization takes μ and σ² over the batch, [B, D] -> [D], group normalization over
each example's groups of units; layer normalization is one group. Instance normalization has
groups of a single channel, and so needs positions to average over. Input normalization takes the
statistics of all training rows seen. Variances are two-pass and divided by B, not B − 1.
"""

from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn

from lab.validation.errors import require


def standardize(x: jax.Array, mean: jax.Array, variance: jax.Array, epsilon: float) -> jax.Array:
    """(x − μ)/√(σ² + ε), the arrays having as many axes as x."""
    return (x - mean) * jax.lax.rsqrt(variance + epsilon)


class BatchNorm(nn.Module):
    """Batch normalization (Ioffe and Szegedy, arXiv:1502.03167, algorithms 1 and 2).

    In training with the statistics of the batch, which also move the running averages,
    r ← m r + (1 − m) statistic; in inference with the running averages, left as they are.

    Attributes:
      momentum: m. Flax's default of 0.99 is stale for hundreds of steps.
      epsilon: ε.
      bias_value: β at the start.
    """

    momentum: float = 0.9
    epsilon: float = 1e-5
    bias_value: float = 0.0

    @nn.compact
    def __call__(self, x: jax.Array, *, train: bool) -> jax.Array:
        """[B, D] -> [B, D]."""
        shape, dtype = x.shape[-1:], x.dtype
        running_mean = self.variable("batch_stats", "mean", jnp.zeros, shape, dtype)
        running_variance = self.variable("batch_stats", "var", jnp.ones, shape, dtype)
        mean, variance = running_mean.value, running_variance.value
        if train:
            old_mean, old_variance = mean, variance
            mean = jnp.mean(x, 0)
            variance = jnp.mean(jnp.square(x - mean[None]), 0)
            if not self.is_initializing():
                m = self.momentum
                running_mean.value = m * old_mean + (1 - m) * mean
                running_variance.value = m * old_variance + (1 - m) * variance
        x = standardize(x, mean[None], variance[None], self.epsilon)
        return affine(self, x, self.bias_value)


class GroupNorm(nn.Module):
    """Group normalization (Wu and He, arXiv:1803.08494); layer normalization with one group.

    The same in training and inference, and the same for every batch size.

    Attributes:
      groups: How many groups of consecutive units; divides their number.
      epsilon: ε.
      bias_value: β at the start.
    """

    groups: int = 1
    epsilon: float = 1e-5
    bias_value: float = 0.0

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """[B, D] -> [B, D]."""
        batch, units = x.shape
        require(
            units % self.groups == 0,
            f"groups must divide the {units} units of the layer, given {self.groups}.",
        )
        x_BGU = x.reshape(batch, self.groups, -1)
        mean = jnp.mean(x_BGU, -1, keepdims=True)
        variance = jnp.mean(jnp.square(x_BGU - mean), -1, keepdims=True)
        x = standardize(x_BGU, mean, variance, self.epsilon).reshape(batch, units)
        return affine(self, x, self.bias_value)


class InstanceNorm(nn.Module):
    """Instance normalization (Ulyanov et al., arXiv:1607.08022): each example, each channel alone.

    Over the positions of a sequence or an image, T; the same in training and inference.

    Attributes:
      epsilon: ε.
      bias_value: β at the start.
    """

    epsilon: float = 1e-5
    bias_value: float = 0.0

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """[B, ..., C] -> [B, ..., C], at least one axis between the two."""
        require(
            x.ndim >= 3,
            f"instance normalization needs positions, [B, T, C], given shape {x.shape}: "
            "of a single number nothing is left.",
        )
        positions = tuple(range(1, x.ndim - 1))
        mean = jnp.mean(x, positions, keepdims=True)
        variance = jnp.mean(jnp.square(x - mean), positions, keepdims=True)
        return affine(self, standardize(x, mean, variance, self.epsilon), self.bias_value)


class InputNorm(nn.Module):
    """Input normalization: less the mean, over the standard deviation, of all rows seen so far.

    In training each batch first joins mean, squares and count (Chan et al., 1979); inference
    leaves them. After one epoch they are those of the training rows, as `lab.data.prepare` takes
    them beforehand. No γ and β: the first layer has them. LeCun et al., Efficient BackProp, 4.3.

    Attributes:
      epsilon: ε.
    """

    epsilon: float = 1e-5

    @nn.compact
    def __call__(self, x: jax.Array, *, train: bool) -> jax.Array:
        """[B, D] -> [B, D]."""
        units, dtype = x.shape[-1:], x.dtype
        count = self.variable("batch_stats", "count", jnp.zeros, (), dtype)
        mean = self.variable("batch_stats", "mean", jnp.zeros, units, dtype)
        variance = self.variable("batch_stats", "var", jnp.ones, units, dtype)
        if train and not self.is_initializing():
            n, own = count.value, jnp.mean(x, 0)
            total = n + jnp.asarray(x.shape[0], dtype)
            share = x.shape[0] / total
            spread = jnp.mean(jnp.square(x - own[None]), 0)
            between = jnp.square(own - mean.value) * share * (1 - share)
            variance.value = (1 - share) * variance.value + share * spread + between
            mean.value = mean.value + share * (own - mean.value)
            count.value = total
        return standardize(x, mean.value[None], variance.value[None], self.epsilon)


def affine(module: Any, x: jax.Array, bias_value: float) -> jax.Array:
    """γx + β with the module's parameters `scale` and `bias`, [D] each."""
    shape, dtype = x.shape[-1:], x.dtype
    scale = module.param("scale", nn.initializers.ones, shape, dtype)
    bias = module.param("bias", nn.initializers.constant(bias_value), shape, dtype)
    across = (None,) * (x.ndim - 1)
    return scale[across] * x + bias[across]
