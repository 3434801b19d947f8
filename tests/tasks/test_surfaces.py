"""Landscapes are what they say: minima, saddles, and paths over them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import lab
from lab.sweeps.trajectories import arrivals, trajectories
from lab.tasks import LANDSCAPES
from lab.tasks.landscapes import task

SMOOTH = [name for name, land in LANDSCAPES.items() if land.smooth]


def derivatives(land, points):
    """Gradients [N, D] and Hessians [N, D, D] in float64."""
    with jax.enable_x64(True):
        points = jnp.asarray(points, jnp.float64)
        both = jax.vmap(lambda w: (jax.grad(land)(w), jax.hessian(land)(w)))
        gradient, hessian = jax.jit(both)(points)
        return np.asarray(gradient), np.asarray(hessian)


@pytest.mark.parametrize("name", SMOOTH)
def test_minima_are_flat_and_curve_upwards(name):
    land = LANDSCAPES[name]
    gradient, hessian = derivatives(land, land.minima)
    assert np.linalg.norm(gradient, axis=-1).max() < 1e-8
    assert np.linalg.eigvalsh(hessian).min() > 0


def test_ackley_is_a_cone_whose_tip_is_lowest():
    land = LANDSCAPES["ackley"]
    with jax.enable_x64(True):
        assert abs(float(land(jnp.zeros(2)))) < 1e-14
        around = 1e-6 * jnp.stack([jnp.cos(jnp.arange(8.0)), jnp.sin(jnp.arange(8.0))])
        np.testing.assert_allclose(land(around) / 1e-6, 20 * 0.2 / 2**0.5, rtol=1e-3)
        assert not np.isnan(jax.grad(land)(jnp.zeros(2))).any()


@pytest.mark.parametrize("name", [n for n, land in LANDSCAPES.items() if land.saddles])
def test_saddles_are_flat_and_no_minima(name):
    land = LANDSCAPES[name]
    for point in land.saddles:
        gradient, hessian = derivatives(land, [point])
        assert np.abs(gradient).max() < 1e-8
        if not np.any(hessian[0]):  # the monkey saddle: three ways down, three up
            angle = np.arange(6) * np.pi / 3
            heights = land(1e-2 * jnp.stack([jnp.cos(angle), jnp.sin(angle)]))
            assert (np.sign(heights) == [1, -1, 1, -1, 1, -1]).all()
        elif land.dimension == 2:
            assert np.linalg.eigvalsh(hessian[0]).prod() < 0
        else:
            assert hessian.max() < 0


@pytest.mark.parametrize("name", LANDSCAPES)
def test_minima_and_start_lie_inside_and_nothing_is_lower(name):
    land = LANDSCAPES[name]
    low, high = np.array(land.domain).T
    for point in (*land.minima, *land.saddles, land.start):
        assert (low <= point).all()
        assert (point <= high).all()
    least = float(min(land(jnp.asarray(m)) for m in land.minima))
    assert land.grid(101)[-1].min() >= least - 1e-4
    assert "=" in land.formula


def test_known_values():
    assert float(LANDSCAPES["rosenbrock"](jnp.array([-1.0, 1.0]))) == 4
    np.testing.assert_allclose(LANDSCAPES["beale"](jnp.zeros(2)), 14.203125)
    np.testing.assert_allclose(LANDSCAPES["himmelblau"](jnp.zeros(2)), 170)
    np.testing.assert_allclose(
        LANDSCAPES["styblinski_tang"](jnp.full(2, -2.903534)), -78.33233, rtol=1e-6
    )


def test_paths_are_those_of_a_plain_loop():
    land, starts, rates = LANDSCAPES["beale"], [[-1.0, 1.5], [1.0, 1.0], [0.0, 0.5]], [0.01, 0.02]
    with jax.enable_x64(True):
        paths = trajectories(land, "adam", starts, rates, 20, numbers={"b1": [0.5, 0.9]})
        rule = lab.optimizers.adam(0.02, b1=0.9)
        w = jnp.asarray(starts[2])
        state = rule.init(w)
        for _ in range(20):
            update, state = rule.update(jax.grad(land)(w), state, w)
            w = w + update
    assert paths.shape == (2, 3, 21, 2)
    np.testing.assert_allclose(paths[1, 2, -1], w, rtol=1e-12)


def test_arrivals_are_the_ends_of_the_paths_and_say_when():
    land = LANDSCAPES["himmelblau"]
    paths = trajectories(land, "sgd", land.starts(3), [0.005], 200)
    ends = arrivals(land, "sgd", land.starts(3), [0.005], 200, tolerance=1e-2)
    np.testing.assert_allclose(ends.points, paths[:, :, -1], rtol=1e-4, atol=1e-5)
    assert (ends.settled < 200).all()
    gradient = derivatives(land, paths[0, 0])[0]
    steep = np.flatnonzero(np.linalg.norm(gradient[:-1], axis=-1) > 1e-2)
    assert ends.settled[0, 0] == steep[-1] + 1


def test_a_landscape_is_a_task():
    record = lab.sweep(
        task(LANDSCAPES["round_bowl"]), ["sgd"], axes={"learning_rate": [0.1, 1.0]},
        budget=lab.Budget(updates=1), batch_size=1, evaluations=1, progress=False,
    )  # fmt: skip
    assert (
        float(record.train_loss.isel(learning_rate=1).squeeze()[-1]) >= 0
        if "train_loss" in record
        else True
    )
    assert float(record.validation_loss.sel(learning_rate=1.0).isel(step=-1).squeeze()) < 1e-10


BAD = {
    "flat starts": ({"starts": [1.0, 2.0]}, "starts"),
    "infinite start": ({"starts": [[np.inf, 0.0]]}, "starts"),
    "negative rate": ({"rates": [-0.1]}, "rates"),
    "no steps": ({"steps": 0}, "steps"),
    "unknown number": ({"numbers": {"beta": 0.9}}, "beta"),
    "numbers of another length": ({"numbers": {"momentum": [0.1, 0.2, 0.3]}}, "momentum"),
    "unknown optimizer": ({"optimizer": "momentun"}, "momentum"),
}


@pytest.mark.parametrize(("change", "words"), BAD.values(), ids=BAD.keys())
def test_bad_input_is_refused_in_one_sentence(change, words):
    given = {"optimizer": "momentum", "starts": [[0.0, 0.0]], "rates": [0.1], "steps": 2, **change}
    with pytest.raises(lab.InputError, match=words):
        trajectories(LANDSCAPES["beale"], **given)
