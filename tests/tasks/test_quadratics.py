"""Theory of descent on quadratics against the rules' own code, and the noisy model's risk."""

import jax
import numpy as np
import pytest

from lab import optimizers
from lab.sweeps.trajectories import trajectories
from lab.tasks import quadratics as q
from tests.tasks.noisy_quadratics import risk, risk_of_descent, steady_risk

THEORY = {
    "sgd": (q.best_descent, q.contraction_heavy_ball),
    "momentum": (q.best_heavy_ball, q.contraction_heavy_ball),
    "nesterov": (q.best_nesterov, q.contraction_nesterov),
    "nesterov, textbook": (q.textbook_nesterov, q.contraction_nesterov),
}


@pytest.mark.parametrize("kappa", [2.0, 10.0, 100.0, 1e4])
@pytest.mark.parametrize("name", THEORY)
def test_the_rules_contract_as_theory_says(name, kappa):
    best, radius = THEORY[name]
    tuned = best(1 / kappa, 1.0)
    with jax.enable_x64(True):
        name = name.split(",")[0]
        numbers = {"momentum": tuned.momentum} if tuned.momentum else {}
        rule = optimizers.CATALOG[name].by_hand(tuned.rate, **numbers)
        found = []
        for h in np.geomspace(1 / kappa, 1.0, 7):
            found.append(q.spectral_radius(q.iteration_matrix(rule, float(h))))
            assert abs(found[-1] - radius(tuned.rate, tuned.momentum, h)) < 1e-8
    assert abs(max(found) - tuned.contraction) < 1e-8


@pytest.mark.parametrize("name", ["sgd", "momentum", "nesterov"])
def test_no_other_numbers_contract_faster(name):
    best, radius = THEORY[name]
    tuned = best(0.02, 1.0)
    rng = np.random.default_rng(0)
    rates = tuned.rate * rng.uniform(0.3, 1.7, 4000)
    momenta = rng.uniform(0, 1, 4000) if tuned.momentum else np.zeros(4000)
    h = np.geomspace(0.02, 1, 50)[:, None]
    assert radius(rates, momenta, h).max(0).min() >= tuned.contraction - 1e-9


def test_risk_of_descent_is_the_recurrence_and_levels_off():
    model = q.quadratic(20.0, 6)
    exact = risk_of_descent(model, np.ones(6), 50, 0.3, batch_size=4)
    np.testing.assert_allclose(risk(model, np.ones(6), 50, 0.3, batch_size=4), exact, rtol=1e-12)
    for momentum in (0.0, 0.5, 0.9):
        late = risk(model, np.ones(6), 4000, 0.1, momentum, batch_size=4)[-1]
        np.testing.assert_allclose(late, steady_risk(model, 0.1, momentum, 4), rtol=1e-9)


@pytest.mark.parametrize(("optimizer", "momentum"), [("sgd", 0.0), ("momentum", 0.8)])
def test_risk_is_what_many_noisy_runs_measure(optimizer, momentum):
    model, repeats, batch = q.quadratic(20.0, 4), 20_000, 2.0
    start, h = np.full(4, 0.5), np.asarray(model.curvatures)
    numbers = {"momentum": momentum} if momentum else None
    paths = trajectories(
        model, optimizer, np.tile(start, (repeats, 1)), [0.1], 30, numbers=numbers,
        noise=np.sqrt(h / batch), seed=0,
    )[0].astype(float)  # fmt: skip
    losses = (paths**2 @ h) / 2
    exact = risk(model, start, 30, 0.1, momentum, batch)
    error = losses.std(0, ddof=1) / np.sqrt(repeats)
    assert (np.abs(losses.mean(0) - exact)[1:] < 4 * error[1:]).all()
    assert np.abs(losses.mean(0)[0] - exact[0]) < 1e-6
