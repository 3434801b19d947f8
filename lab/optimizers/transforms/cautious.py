"""Cautious steps: no number moves against its present gradient."""

import jax
import jax.numpy as jnp
import optax

from lab.optimizers.common.numbers import NonNegative, Share, like
from lab.optimizers.common.scalars import scalar_dtype
from lab.optimizers.common.transformation import gradient_transformation, wrapped


@gradient_transformation
def cautious(
    rule: optax.GradientTransformation, xi: NonNegative = 0.0, floor: Share = 1e-3
) -> optax.GradientTransformationExtraArgs:
    """Any rule, without the parts of its step that point uphill.

        φ = 1 where u g < 0, else 0                           (u the rule's step, g the gradient)
        u ← φ u / max((Σ φ + ξ) / n, floor)                   (n numbers in the array)

    Momentum goes on where gradients have turned; a cautious rule waits until both agree, and moves
    the other numbers of the array further, so that a step is as long as before on average.

    All of the rule's step is looked at: a decay of weights inside it would be masked, too, and have
    a say in the mask. The authors' is neither, so their C-AdamW is a chain, with the decay after
    the mask (and C-Lion the same of `lion`, with ξ = 1 and no floor):

        optax.chain(
            cautious(adam(learning_rate=1.0, eps=1e-6)),  # descends
            optax.scale(-1.0),  # and now ascends, as what `add_decayed_weights` adds to
            add_decayed_weights(weight_decay),
            scale_by_learning_rate(learning_rate),
        )

    Args:
      rule: The rule, learning rate and sign included.
      xi: ξ, added to the count of numbers that agree: 1 in the authors' C-Lion and in the first
        version of their C-AdamW.
      floor: The least share of numbers that agree which is made up for.

    Returns:
      The transformation, whose `update` takes what that of the rule takes. Memory: the rule's own.

    References:
      Liang et al., Cautious optimizers: improving training with one line of code, 2024,
      algorithm 1.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.cautious(optimizers.momentum(learning_rate=0.1))
      >>> state = rule.init(jnp.zeros(2))
      >>> for gradient in (jnp.array([1.0, 1.0]), jnp.array([1.0, -0.5])):
      ...     updates, state = rule.update(gradient, state)
      >>> print(updates)  # momentum: −0.19 and −0.04
      [-0.38  0.  ]
    """
    inner = wrapped(rule)

    def masked(u, g):
        # signs, since a product of small numbers is 0 before either of them is
        agree = jnp.real(jnp.conj(jnp.sign(u)) * jnp.sign(g).astype(u.dtype)) < 0
        count = jnp.sum(agree, dtype=scalar_dtype(u))
        share = (count + like(xi, count)) / max(u.size, 1)
        share = jnp.maximum(share, like(floor, share))
        # what is no number stays none
        return jnp.where(agree | jnp.isnan(u), u / like(share, u), jnp.zeros_like(u))

    def update(updates, state, params=None, **extra):
        steps, state = inner.update(updates, state, params, **extra)
        return jax.tree.map(masked, steps, updates), state

    return optax.GradientTransformationExtraArgs(inner.init, update)


PARTS = (cautious,)
