"""Softer targets: label smoothing, and mixtures of examples."""

import jax
import jax.numpy as jnp

from lab import losses
from lab.regularizers.regularizer import Facts, Regularizer


def label_smoothing(key, batch, numbers, facts):
    """Targets (1 − α) onehot(y) + α/K; the loss must take distributions [B, K]."""
    del key
    smooth = losses.smooth_labels(_soft(batch, facts)["y"], numbers["label_smoothing"])
    return {**batch, "y": smooth}


def mixup(key, batch, numbers, facts):
    """λ·example + (1 − λ)·its neighbour in the batch, inputs and targets alike.

    λ = max(b, 1 − b), b ~ Beta(α, α), one for each example; at α = 0 nothing is mixed, at 1 all
    mixtures are alike. Batches come in random order, so the neighbour is a random partner. Which
    of two examples has the larger share is told by the pair, hence the maximum.
    """
    soft = _soft(batch, facts)
    share_B = folded_beta(key, numbers["mixup"], batch["x"].shape[:1], batch["x"].dtype)

    def mixed(leaf):
        share = share_B.reshape(-1, *(1,) * (leaf.ndim - 1)).astype(leaf.dtype)
        # the partner's part is 0 · x where nothing is mixed, and inputs are finite
        return share * leaf + (1 - share) * jnp.roll(leaf, 1, axis=0)

    return jax.tree.map(mixed, soft)


def folded_beta(key, alpha, shape, dtype):
    """max(b, 1 − b) for b ~ Beta(α, α): in [½, 1], and 1 at α = 0.

    Student's t with 2α degrees of freedom by Bailey's formula, t²/2α = (V^(−1/α) − 1) cos²(2πU),
    and b = ½(1 + t/√(2α + t²)): no rejection, so α may be traced. Devroye, Non-uniform random
    variate generation, 1986, section IX.3.
    """
    u, v = jax.random.uniform(key, (2, *shape), dtype)
    alpha = jnp.asarray(alpha, dtype)
    c = jnp.square(jnp.cos(2 * jnp.pi * u))
    # log V / α is −inf at α = 0, and then 1 − e^… is 1 and the root is 1
    log_v = jnp.log(jnp.maximum(v, jnp.finfo(dtype).tiny))
    power = jnp.exp(jnp.where(alpha > 0, log_v / jnp.where(alpha > 0, alpha, 1), -jnp.inf))
    rest = 1 - power  # t²/2α = rest · c / power
    root = jnp.sqrt(rest * c / (power + rest * c + jnp.finfo(dtype).tiny))
    return jnp.where(alpha > 0, 0.5 * (1 + root), 1)


def _soft(batch, facts: Facts):
    """The batch with targets that can be mixed: class numbers [B] become one-hot [B, K]."""
    if facts.classes == 0 or batch["y"].ndim == 2:
        return batch
    return {**batch, "y": jax.nn.one_hot(batch["y"], facts.classes, dtype=batch["x"].dtype)}


def _classes(facts: Facts) -> str:
    return "" if facts.classes else "classes to smooth"


ENTRIES = (
    Regularizer(
        "label_smoothing",
        (("label_smoothing", 0.0),),
        "Szegedy et al., arXiv:1512.00567, section 7",
        batch=label_smoothing,
        unfit=_classes,
    ),
    Regularizer("mixup", (("mixup", 0.0),), "Zhang et al., arXiv:1710.09412", batch=mixup),
)
