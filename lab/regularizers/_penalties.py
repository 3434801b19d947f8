"""L1 and L2 penalties on kernels; both together are the elastic net.

Conventions: added are λ₁Σ|w| and λ₂Σw² over all leaves with two axes or more (biases are free),
without ½ and without 1/n; the loss is a mean over the batch. So λ₂ is Keras's `l2(λ₂)`; the
convention λ/(2n) Σw² has λ₂ = λ/(2n); scikit-learn's Ridge(alpha) on n rows has λ₂ = alpha/n, its
Lasso(alpha) λ₁ = 2·alpha, its ElasticNet(alpha, l1_ratio=ρ) λ₁ = 2·alpha·ρ and
λ₂ = alpha·(1 − ρ), where the loss is the mean squared error. Under plain descent at rate η the
L2 penalty is decay of the weights by 2ηλ₂ a step; `add_decayed_weights(λ)` is λ₂ = λ/2.
"""

import jax.numpy as jnp

from lab import losses
from lab.regularizers.regularizer import Regularizer


def l1(params, numbers):
    """λ₁ Σ|w| over kernels. Its sub-gradient brings weights near 0, never to it."""
    size = losses.l1(losses.kernels(params))
    return jnp.asarray(numbers["l1"], size.dtype) * size


def l2(params, numbers):
    """λ₂ Σw² over kernels."""
    size = losses.l2(losses.kernels(params))
    return jnp.asarray(numbers["l2"], size.dtype) * size


ENTRIES = (
    Regularizer("l1", (("l1", 0.0),), "Tibshirani 1996, the lasso", penalty=l1),
    Regularizer("l2", (("l2", 0.0),), "Hoerl & Kennard 1970; Krogh & Hertz 1991", penalty=l2),
)
