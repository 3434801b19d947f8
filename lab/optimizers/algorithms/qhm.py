"""QHM: a step between that of SGD and that of momentum."""

from typing import Any, NamedTuple

import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.common.moments import update_moment, zeros_like
from lab.optimizers.common.numbers import Decay, NonNegativeOrSchedule, Share, cast_like
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.transforms.add_decayed_weights import add_decayed_weights
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.spaces import Float
from lab.validation.kinds import Mask


class ScaleByQHMState(NamedTuple):
    """The momentum."""

    mu: Any  # m: mean gradient, shaped as the parameters


@gradient_transformation
def scale_by_qhm(momentum: Decay = 0.999, nu: Share = 0.7) -> optax.GradientTransformation:
    """Replace gradients by (1 − ν) g + ν m: see `qhm`."""

    def init(params):
        return ScaleByQHMState(zeros_like(params))

    def update(updates, state, params=None):  # Ma & Yarats, QHM
        del params
        mu = update_moment(momentum, updates, state.mu)
        return update_moment(nu, updates, mu), cast_like(ScaleByQHMState(mu), state)

    return optax.GradientTransformation(init, update)


@gradient_transformation
def qhm(
    learning_rate: optax.ScalarOrSchedule,
    momentum: Decay = 0.999,
    nu: Share = 0.7,
    weight_decay: NonNegativeOrSchedule = 0.0,
    mask: Mask = None,
) -> optax.GradientTransformationExtraArgs:
    """QHM (quasi-hyperbolic momentum): the mean of a gradient step and a momentum step.

        g ← g + λ w
        m ← (1 − β) g + β m
        w ← w − η ((1 − ν) g + ν m)

    ν = 0 is SGD, ν = 1 momentum, ν = β Nesterov's. With the authors' ν = 0.7 and β = 0.999 the
    newest gradient has three tenths of the weight, and a mean of a thousand the rest. As m is a
    mean and no sum, the rate is 1 / (1 − β) times that of `momentum`: 1.0 where that has 0.1 and
    0.9. m starts at zero and is not corrected for it.

    Args:
      learning_rate: η; a number or a schedule.
      momentum: β, memory of the mean.
      nu: ν, weight of the mean in the step.
      weight_decay: λ of a penalty added to g; a number or a schedule.
      mask: Where weights decay: see `add_decayed_weights`.

    Returns:
      The transformation; `update` needs the parameters unless λ is a plain 0. Memory: m.

    References:
      Ma & Yarats, Quasi-hyperbolic momentum and Adam for deep learning, 2019, section 3.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.qhm(learning_rate=1.0, momentum=0.5, nu=0.5)
      >>> updates, state = rule.update(jnp.ones(1), rule.init(jnp.zeros(1)))
      >>> print(updates)  # half of the gradient and half of a mean that is half of it
      [-0.75]
    """
    return optax.chain(
        add_decayed_weights(weight_decay, mask),
        scale_by_qhm(momentum, nu),
        scale_by_learning_rate(learning_rate),
    )


PARTS = (scale_by_qhm,)
ENTRIES = (
    OptimizerEntry(
        name="qhm",
        by_hand=qhm,
        via_optax=None,
        search_space={"learning_rate": Float(1e-3, 1e1, log=True)},
        reference="Ma & Yarats 2019, QHM",
        state_slots=1,
        padding_safe=True,
        rule="m ← (1 − β) g + β m;  w ← w − η ((1 − ν) g + ν m)",
    ),
)
