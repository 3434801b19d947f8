"""Features, bowls, ε: runs at tuned rates; and what single coordinates get of the rate."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import xarray as xr

import lab
from lab import optimizers
from lab.protocol.races import race, random_starts
from lab.study import Parts, Settings, flags
from lab.tasks import Landscape
from studies.adaptive.sparse import sparse_task

RULES = (("descent", "sgd"), ("AdaGrad", "adagrad"), ("Adam", "adam"))


@dataclass(frozen=True)
class Adaptive(Settings):
    """Of the study of adaptive rates; features, where nothing is said."""

    seeds: Annotated[int, flags.whole(2, 100_000)] = 12
    """Fresh seeds of the runs on features, and series of gradients."""
    rules: tuple[tuple[str, str], ...] = RULES
    features: int = 200
    rows: int = 3000
    updates: int = 600
    batch: int = 16
    rate_ends: tuple[float, float] = (1e-3, 100.0)
    rates: int = 16  # between them, evenly in their logarithm
    tuning_seeds: int = 3
    first: int = 100  # of the seeds that report
    points: int = 30  # of a curve
    conditions: tuple[float, ...] = (1.0, 10.0, 100.0, 1000.0)  # of the bowls
    bowl_steps: int = 2000
    bowl_rates: int = 21  # between the same ends
    tuning_starts: int = 8
    first_start: int = 1000
    starts: int = 32
    reached: float = 1e-6  # of the first height
    dying_steps: int = 5000
    decay: float = 0.99  # of RMSProp
    correction_steps: int = 3000
    epsilons: tuple[float, ...] = (1e-8, 1e-6, 1e-4, 1e-2, 1.0)
    epsilon_ends: tuple[float, float] = (1e-4, 10.0)
    epsilon_rates: int = 16
    epsilon_seeds: int = 5
    epsilon_updates: int = 400
    epsilon_batch: int = 32

    @property
    def draw(self) -> int:
        """Seed of the features' data, and of every split."""
        return self.numbers(1)[0]


def parts(s: Adaptive) -> Parts:
    """Features of both kinds, bowls, what is left of the rate, first steps, ε."""
    yield "features/sparse", lambda _: features(s, sparse=True)
    yield "features/dense", lambda _: features(s, sparse=False)
    yield "bowls", lambda _: bowls(s)
    yield "dying", lambda _: dying(s.numbers(s.seeds), s.dying_steps, s.decay)
    yield "correction", lambda _: correction(s.correction_steps)
    yield "epsilon", lambda _: epsilon(s)


def features(s: Adaptive, *, sparse: bool) -> xr.Dataset:
    """Validation loss of tuned descent, AdaGrad and Adam on rare or on common features.

    The rate is chosen on a few seeds by mean final validation loss, then run on fresh ones.
    """
    task = sparse_task(sparse, s.features, s.rows, s.draw)
    rules, rates = dict(s.rules), np.geomspace(*s.rate_ends, s.rates)
    more: Any = {
        "budget": lab.Budget(updates=s.updates),
        "batch_size": s.batch,
        "split": s.draw,
        "progress": False,
    }
    tuned = lab.sweep(
        task, rules, axes={"learning_rate": rates}, seeds=s.numbers(s.tuning_seeds), evaluations=1,
        **more,
    )  # fmt: skip
    final = tuned.validation_loss.isel(step=-1).mean("seed").transpose("optimizer", ...).values
    best = final.argmin(-1)
    told = lab.sweep(
        task, rules, seeds=s.numbers(s.seeds, s.first), evaluations=s.points,
        trials={k: [{"learning_rate": float(rates[i])}] for k, i in zip(rules, best)}, **more,
    ).isel(trial=0)  # fmt: skip
    dims = ("optimizer", "seed", "step")
    return xr.Dataset(
        {
            "loss": (dims, told.validation_loss.transpose(*dims).values),
            "accuracy": (dims, told.validation_accuracy.transpose(*dims).values),
            "tuning": (("optimizer", "learning_rate"), final),
            "best": ("optimizer", rates[best]),
            "at_edge": ("optimizer", np.isin(best, (0, len(rates) - 1))),
        },
        {"optimizer": list(rules), "learning_rate": rates, "step": told.updates.values},
    )


def bowls(s: Adaptive) -> xr.Dataset:
    """Updates to the minimum of bowls of growing κ, along the axes and turned by 45°."""
    rules: Any = {label: (rule, {}) for label, rule in s.rules}

    def raced(kappa: float, turned: bool) -> xr.Dataset:
        land = bowl(kappa, turned)
        tune = random_starts(land, s.numbers(s.tuning_starts))
        told = random_starts(land, s.numbers(s.starts, s.first_start))
        rates = np.geomspace(*s.rate_ends, s.bowl_rates)
        found = race(land, rules, tune, told, s.bowl_steps, rates, s.reached)
        return found[["updates", "rate", "at_edge"]].drop_attrs()

    turns = [
        xr.concat([raced(kappa, turned) for kappa in s.conditions], "condition")
        for turned in (False, True)
    ]
    found = xr.concat(turns, "turned").assign_coords(turned=[0, 1], condition=list(s.conditions))
    return found.transpose("turned", "condition", "optimizer", "start")


def bowl(kappa: float, turned: bool) -> Landscape:
    """½(u² + κ v²)/κ along the axes, or with u, v at 45° to them."""

    def value(x, y):
        u, v = ((x + y) / 2**0.5, (y - x) / 2**0.5) if turned else (x, y)
        return (u**2 / kappa + v**2) / 2

    domain = ((-3.0, 3.0), (-3.0, 3.0))
    return Landscape(f"bowl_{kappa:g}", value, domain, ((0.0, 0.0),), (-2.7, 1.2))


def dying(seeds: Iterable[int], steps: int, decay: float) -> xr.Dataset:
    """The rate that a coordinate has left: |update| / |gradient| for standard normal gradients.

    For Adam the gradient of the update is its first moment, so that the same ratio is
    η / (√v̂ + ε): measured with b1 = 0.
    """
    rules = {
        "AdaGrad": optimizers.adagrad(1.0),
        "RMSProp": optimizers.rmsprop(1.0, decay=decay),
        "Adam (β₁ = 0)": optimizers.adam(1.0, b1=0.0),
    }
    gradients = jnp.stack([np.random.default_rng(seed).normal(size=steps) for seed in seeds])
    left = [
        jnp.abs(jax.vmap(lambda g, rule=rule: _updates(rule, g, steps))(gradients) / gradients)
        for rule in rules.values()
    ]
    return xr.Dataset(
        {"left": (("optimizer", "seed", "step"), np.stack(left))},
        {"optimizer": list(rules), "step": np.arange(1, steps + 1)},
    )


def correction(steps: int) -> xr.Dataset:
    """Length of Adam's steps, in units of η, for a constant gradient of 1."""
    rules = {"corrected": optimizers.adam(1.0), "uncorrected": uncorrected_adam(1.0)}
    lengths = [-_updates(rule, None, steps) for rule in rules.values()]
    return xr.Dataset(
        {"length": (("rule", "step"), np.stack(lengths))},
        {"rule": list(rules), "step": np.arange(1, steps + 1)},
    )


def _updates(rule: Any, gradients: jax.Array | None, steps: int) -> jax.Array:
    """Of one coordinate: [T]; its gradient is 1 where none are given."""

    def step(state, g):
        return rule.update(jnp.ones(()) if g is None else g, state)[::-1]

    return jax.lax.scan(step, rule.init(jnp.zeros(())), gradients, steps)[1]


def uncorrected_adam(
    learning_rate: float, b1: float = 0.9, b2: float = 0.999, eps: float = 1e-8
) -> optax.GradientTransformation:
    """Adam without its bias correction: m ← β₁m + (1 − β₁)g, v alike, w ← w − η m/(√v + ε)."""

    def init(params):
        return (jnp.zeros_like(params),) * 2

    def update(updates, state, params=None):
        del params
        m, v = b1 * state[0] + (1 - b1) * updates, b2 * state[1] + (1 - b2) * updates**2
        return -learning_rate * m / (jnp.sqrt(v) + eps), (m, v)

    return optax.GradientTransformation(init, update)


def epsilon(s: Adaptive) -> xr.Dataset:
    """Validation loss of Adam on the digits over learning rate × ε."""
    rates = np.geomspace(*s.epsilon_ends, s.epsilon_rates)
    swept = lab.sweep(
        "digits", ["adam"], seeds=s.numbers(s.epsilon_seeds), split=s.draw,
        axes={"learning_rate": rates, "eps": list(s.epsilons)},
        budget=lab.Budget(updates=s.epsilon_updates), batch_size=s.epsilon_batch, evaluations=1,
        progress=False,
    )  # fmt: skip
    loss = swept.validation_loss.isel(step=-1, optimizer=0, drop=True)
    return xr.Dataset({"loss": loss.transpose("eps", "learning_rate", "seed")})
