"""The scale of `reduce_on_plateau`, counted by hand."""

import jax.numpy as jnp
import numpy as np
import pytest

from lab import optimizers


def scales(losses, **arguments):
    rule = optimizers.reduce_on_plateau(**arguments)
    state, seen = rule.init(jnp.zeros(1)), []
    for loss in losses:
        updates, state = rule.update(jnp.ones(1), state, value=loss)
        seen.append(float(updates[0]))
    return seen


FLAT, FALLING = (1.0,) * 4, (4.0, 3.0, 2.0, 1.0)
COUNTED = {
    "negative and flat": ({"patience": 2}, (-1.0,) * 8, (1, 1, 0.1, 0.1, 0.01, 0.01, 1e-3, 1e-3)),
    "negative and falling": ({"patience": 1}, (-1.0, -2.0, -3.0), (1, 1, 1)),
    "negative, by less than r": ({"patience": 1, "rtol": 0.5}, (-1.0, -1.4, -1.6), (1, 0.1, 0.1)),
    "through zero": ({"patience": 1, "rtol": 0.5}, (1.0, 0.0, -0.1, -0.1), (1, 1, 1, 0.1)),
    "no patience, flat": ({"factor": 0.5, "patience": 0}, FLAT, (1, 0.5, 0.25, 0.125)),
    "no patience, falling": ({"factor": 0.5, "patience": 0}, FALLING, (1, 1, 1, 1)),
    "patience of one, flat": ({"factor": 0.5, "patience": 1}, FLAT, (1, 0.5, 0.25, 0.125)),
    "all of the best to be gained": ({"patience": 1, "rtol": 1.0}, FALLING, (1, 0.1, 0.01, 1e-3)),
    "never finite": ({"patience": 2}, (np.nan, np.inf, np.nan), (1, 0.1, 0.1)),
    "a floor": ({"patience": 1, "min_scale": 0.3}, FLAT, (1, 0.3, 0.3, 0.3)),
}


@pytest.mark.parametrize("case", COUNTED)
def test_the_scale_falls_after_as_many_losses_as_it_says(case):
    arguments, losses, expected = COUNTED[case]
    np.testing.assert_allclose(scales(losses, **arguments), expected, rtol=1e-6)
