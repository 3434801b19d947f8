"""The study of sharpness runs, redraws itself, and judges what it says it judges."""

import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

from studies.edge_of_stability import __main__ as study
from studies.edge_of_stability import report


def test_smoke_and_redrawing(smoke):
    smoke(study)


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
    np.testing.assert_allclose(report.in_edges(found), path)
    np.testing.assert_array_equal(report.claimed(found), [False, True])
    np.testing.assert_array_equal(report.claimed(arm(path, by_start=0)), [True, True])
    np.testing.assert_array_equal(report.last_quarter(np.arange(8.0)), 6.5)


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ([0.98, 1.0, 1.02], "held"),
        ([0.2, 0.21, 0.22], "did not hold"),
        ([0.7, 0.9, 1.1], "inconclusive"),
    ],
)
def test_what_settled_means(ends, said):
    assert report.settles(np.array(ends)) == said


def test_one_word_for_several():
    assert report.together(["held", "held"]) == "held"
    assert report.together(["held", "inconclusive"]) == "inconclusive"
    assert report.together(["inconclusive", "did not hold"]) == "did not hold"
    assert report.together([]) == "inconclusive"


def test_share_of_rises():
    loss = np.array([[9.0, 8, 7, 6, 5, 4, 5, 3], [8.0, 7, 6, 5, 4, 3, 2, 1]])
    np.testing.assert_allclose(report.rises(loss), [1 / 3, 0])


def test_half_a_squared_error_by_hand():
    outputs = np.array([[1.0, 0.0, 2.0]], np.float32)
    loss = study.half_squared(jnp.asarray(outputs), jnp.array([0]))
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
    cheap, look = report.costs(price(0.05))
    assert "**held**, together they add 4.9% (4.8% to 5.0%)" in cheap
    assert "costs 0.5 updates a look" in look
    assert "**did not hold**" in report.costs(price(0.3))[0]
    assert "**inconclusive**" in report.costs(price(0.15))[0]
