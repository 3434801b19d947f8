"""The initializer as a number draws what each initializer draws."""

import jax
import jax.numpy as jnp
import numpy as np

from lab.models import MLP
from lab.tasks.any_initializer import AnyInit


def test_the_initializer_is_a_number():
    names = ("constant", "he_normal")
    init = AnyInit(MLP((4, 4), 3), 5, names)
    for number, name in enumerate(names):
        hypers = {"initializer": jnp.float32(number), "init_scale": 1.0}
        drawn = jax.jit(init)(jax.random.key(3), hypers).params
        own = MLP((4, 4), 3, initializer=name).init(
            jax.random.key(3), jnp.zeros((1, 5)), train=False
        )["params"]
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6), drawn, own)
