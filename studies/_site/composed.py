"""Rules that their authors have in one piece, and the lab composes of two."""

import optax

from lab import optimizers
from lab.catalog import OptimizerEntry
from lab.spaces import Float


def cautious_adamw(learning_rate, b1=0.9, b2=0.999, eps=1e-6, weight_decay=0.0):
    """C-AdamW: Liang et al. (2024), algorithm 2."""
    return optax.chain(
        optimizers.cautious(optimizers.adam(1.0, b1, b2, eps)),
        *_decayed(learning_rate, weight_decay),
    )


def cautious_lion(learning_rate, b1=0.95, b2=0.98, weight_decay=0.0):
    """C-Lion: Liang et al. (2024)."""
    lion = optimizers.lion(1.0, b1, b2, weight_decay=0.0)
    return optax.chain(
        optimizers.cautious(lion, xi=1.0, floor=0.0),
        *_decayed(learning_rate, weight_decay),
    )


def _decayed(learning_rate, weight_decay):
    yield optax.scale(-1.0)  # a step of a rule descends, what decays is added to does not
    yield optimizers.add_decayed_weights(weight_decay)
    yield optimizers.scale_by_learning_rate(learning_rate)


def _entry(factory, state_slots):
    return OptimizerEntry(
        name=factory.__name__,
        by_hand=factory,
        via_optax=None,
        search_space={"learning_rate": Float(1e-5, 1e-1, log=True)},
        reference="Liang et al. 2024",
        state_slots=state_slots,
    )


COMPOSED = {e.name: e for e in (_entry(cautious_adamw, 2), _entry(cautious_lion, 1))}
