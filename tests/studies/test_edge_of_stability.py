"""The study of sharpness judges what it says it judges."""

import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

from studies.edge_of_stability import claims
from studies.edge_of_stability.probes import half_squared

OVER = {"n": 3, "unit": "seeds"}


def arm(share, rates=(0.1, 0.2), edge=2.0, by_start=1):
    """Sharpness of given shares of the edge: [rate, S, T]."""
    share = np.asarray(share, float)
    steps = np.arange(share.shape[-1])
    rate = np.asarray(rates)[:, None, None]
    return xr.Dataset(
        {
            "sharpness": (("learning_rate", "seed", "probe_step"), share * edge / rate),
            "bound": (("learning_rate", "seed", "probe_step"), 1e-3 * share),
            "loss": (("learning_rate", "seed", "probe_step"), np.ones_like(share)),
        },
        {"learning_rate": list(rates), "seed": range(share.shape[1]), "probe_step": steps},
        {"edge": edge, "by_start": by_start, "warmup": 0},
    )


def test_sharpness_in_edges_and_who_starts_beyond():
    path = np.ones((2, 3, 8))
    path[0, :, 0], path[1, :, 0] = 0.5, [1.2, 2.0, 2.4]
    found = arm(path)
    np.testing.assert_allclose(claims.in_edges(found), path)
    np.testing.assert_array_equal(claims.claimed(found), [False, True])
    np.testing.assert_array_equal(claims.claimed(arm(path, by_start=0)), [True, True])
    np.testing.assert_array_equal(claims.last_quarter(np.arange(8.0)), 6.5)


def settled(*ends, start=2.0):
    """The claim about rates whose seeds end at these shares of the edge."""
    path = np.repeat(np.array(ends, float)[..., None], 8, -1)
    path[..., 0] = start
    rates = tuple(0.1 * (k + 1) for k in range(len(ends)))
    return claims.settles("heavy ball", arm(path, rates), 1, OVER)


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ([0.98, 1.0, 1.02], "held"),
        ([0.2, 0.21, 0.22], "did not hold"),
        ([0.7, 0.9, 1.1], "inconclusive"),
    ],
)
def test_what_settled_means(ends, said):
    assert settled(ends).outcome == said


def test_every_rate_must_settle():
    near, far, vague = [0.98, 1.0, 1.02], [0.2, 0.21, 0.22], [0.7, 0.9, 1.1]
    assert settled(near, near).outcome == "held"
    assert settled(near, vague).outcome == "inconclusive"
    assert settled(vague, far).outcome == "did not hold"
    assert settled(near, start=0.5).outcome == "inconclusive"  # there is no such rate


def test_share_of_rises():
    loss = np.array([[9.0, 8, 7, 6, 5, 4, 5, 3], [8.0, 7, 6, 5, 4, 3, 2, 1]])
    np.testing.assert_allclose(claims.rises(loss), [1 / 3, 0])


def test_half_a_squared_error_by_hand():
    outputs = np.array([[1.0, 0.0, 2.0]], np.float32)
    loss = half_squared(jnp.asarray(outputs), jnp.array([0]))
    np.testing.assert_allclose(loss, [2.0])


def price(extra):
    """Every case of the same extra cost, up to a little noise."""
    cases = [("norms", 10), ("activations", 10), ("both", 10), ("λ₁", 10), ("λ₁", 40)]
    ratio = 1 + extra + 0.001 * np.random.default_rng(0).standard_normal((len(cases), 5))
    probe, period = zip(*cases)
    return xr.Dataset(
        {"ratio": (("case", "repeat"), ratio)},
        {"probe": ("case", list(probe)), "period": ("case", list(period))},
    )


def test_cheap_is_below_the_limit_and_dear_above():
    cheap, look = claims.costs(price(0.05), 15)
    assert cheap.outcome == "held"
    assert "together they add 4.9% (4.8% to 5.0%)" in cheap.numbers
    assert look.outcome == "did not hold"
    assert "0.5 (0.491 to 0.509) updates a look" in look.numbers
    assert next(claims.costs(price(0.3), 15)).outcome == "did not hold"
    assert next(claims.costs(price(0.15), 15)).outcome == "inconclusive"
