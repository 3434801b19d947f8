"""When does a learning rate per coordinate help? AdaGrad, RMSProp, Adam, their rates and their ε.

Sparse against dense features, bowls along the axes against bowls turned by 45°, the rate that
AdaGrad has left after a while, Adam's first steps with and without bias correction, and ε.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import optax
import xarray as xr

import lab
from lab import optimizers
from lab.protocol.races import race, random_starts
from lab.study.cli import Flags, Folder, main, opened
from lab.tasks import Landscape
from studies.adaptive import report
from studies.adaptive.sparse import sparse_task

RATES = np.geomspace(1e-3, 100, 16)
BOWL_RATES = np.geomspace(1e-3, 100, 21)
RULES = {"descent": ("sgd", {}), "AdaGrad": ("adagrad", {}), "Adam": ("adam", {})}
TUNE, REPORT = range(3), 100  # seeds that select, and the first of those that report


@dataclass(frozen=True)
class Adaptive(Flags):
    """Flags of the study of adaptive rates."""


def run(flags: Adaptive) -> None:
    """Measure all parts, then draw."""
    folder = Folder(flags, "adaptive")
    if flags.from_ is not None:
        report.draw(opened(flags.from_, "adaptive"), folder)
        return
    smoke = flags.smoke
    seeds = flags.seeds or (2 if smoke else 12)
    parts: dict[str, xr.Dataset] = {}
    for sparse in (True, False):
        parts[f"features/{'sparse' if sparse else 'dense'}"] = features(sparse, seeds, smoke)
    parts["bowls"] = bowls((100.0,) if smoke else (1.0, 10.0, 100.0, 1000.0), smoke)
    parts["dying"] = dying(200 if smoke else 5000, seeds)
    parts["correction"] = correction(200 if smoke else 3000)
    parts["epsilon"] = epsilon(smoke)
    configuration = {"seeds": seeds, "smoke": smoke}
    parts = {name: lab.records.stamp(part, configuration) for name, part in parts.items()}
    report.draw(folder.finish(parts, configuration), folder)


def _rules(smoke: bool) -> dict[str, tuple[str, dict[str, float]]]:
    return dict(list(RULES.items())[: 2 if smoke else None])


def features(sparse: bool, seeds: int, smoke: bool) -> xr.Dataset:
    """Validation loss of tuned descent, AdaGrad and Adam on rare or on common features.

    The rate is chosen on three seeds by mean final validation loss, then run on fresh ones.
    """
    task = sparse_task(sparse)
    settings = {"budget": lab.Budget(updates=60 if smoke else 600), "batch_size": 16}
    rates = RATES[::4] if smoke else RATES
    rules = {label: name for label, (name, _) in _rules(smoke).items()}
    tuned = lab.sweep(
        task, rules, axes={"learning_rate": rates}, seeds=list(TUNE), evaluations=1,
        progress=False, **settings,
    )  # fmt: skip
    final = tuned.validation_loss.isel(step=-1).mean("seed").transpose("optimizer", ...).values
    best = final.argmin(-1)
    told = lab.sweep(
        task, rules, seeds=[REPORT + i for i in range(seeds)],
        trials={k: [{"learning_rate": float(rates[i])}] for k, i in zip(rules, best)},
        evaluations=3 if smoke else 30, progress=False, **settings,
    ).isel(trial=0)  # fmt: skip
    dims = ("optimizer", "seed", "step")
    return xr.Dataset(
        {
            "loss": (dims, told.validation_loss.transpose(*dims).values),
            "accuracy": (dims, told.validation_accuracy.transpose(*dims).values),
            "tuning": (("optimizer", "learning_rate"), final),
            "best": (("optimizer",), rates[best]),
            "at_edge": (("optimizer",), np.isin(best, (0, len(rates) - 1))),
        },
        {"optimizer": list(rules), "learning_rate": rates, "step": told.updates.values},
        {"trials": len(rates)},
    )


def bowls(conditions: tuple[float, ...], smoke: bool) -> xr.Dataset:
    """Updates to the minimum of bowls of growing κ, along the axes and turned by 45°."""
    rules = _rules(smoke)
    steps, raced = 100 if smoke else 2000, []
    for turned in (False, True):
        for kappa in conditions:
            land = _bowl(kappa, turned)
            tune, fresh = (random_starts(land, range(k, k + n)) for k, n in ((0, 8), (1000, 32)))
            raced.append(race(land, rules, tune, fresh, steps, BOWL_RATES, reached=1e-6))

    def gathered(name: str) -> np.ndarray:
        values = np.stack([r[name].values for r in raced])
        return values.reshape(2, len(conditions), *values.shape[1:])

    dims = ("turned", "condition", "optimizer")
    return xr.Dataset(
        {
            "updates": ((*dims, "start"), gathered("updates")),
            "rate": (dims, gathered("rate")),
            "at_edge": (dims, gathered("at_edge")),
        },
        {"turned": [0, 1], "condition": list(conditions), "optimizer": list(rules)},
        {"steps": steps, "trials": len(BOWL_RATES)},
    )


def _bowl(kappa: float, turned: bool) -> Landscape:
    """½(u² + κ v²)/κ along the axes, or with u, v at 45° to them."""

    def value(x, y):
        u, v = ((x + y) / 2**0.5, (y - x) / 2**0.5) if turned else (x, y)
        return (u**2 / kappa + v**2) / 2

    domain = ((-3.0, 3.0), (-3.0, 3.0))
    return Landscape(f"bowl_{kappa:g}", value, domain, ((0.0, 0.0),), (-2.7, 1.2))


def dying(steps: int, seeds: int) -> xr.Dataset:
    """The rate that a coordinate has left: |update| / |gradient| for standard normal gradients.

    For Adam the gradient of the update is its first moment, so that the same ratio is
    η / (√v̂ + ε): measured with b1 = 0.
    """
    rules = {
        "AdaGrad": optimizers.adagrad(1.0),
        "RMSProp": optimizers.rmsprop(1.0, decay=0.99),
        "Adam (β₁ = 0)": optimizers.adam(1.0, b1=0.0),
    }
    gradients = np.stack([np.random.default_rng(s).normal(size=steps) for s in range(seeds)])

    def left(rule: optax.GradientTransformation):
        def step(state, g):
            update, state = rule.update(g, state)
            return state, jnp.abs(jnp.asarray(update) / g)

        def one(g):
            return jax.lax.scan(step, rule.init(jnp.zeros(())), g)[1]

        return np.asarray(jax.jit(jax.vmap(one))(jnp.asarray(gradients)))

    return xr.Dataset(
        {"left": (("optimizer", "seed", "step"), np.stack([left(r) for r in rules.values()]))},
        {"optimizer": list(rules), "step": np.arange(1, steps + 1)},
    )


def correction(steps: int) -> xr.Dataset:
    """Length of Adam's steps, in units of η, for a constant gradient of 1."""

    def lengths(rule: optax.GradientTransformation):
        def step(state, _):
            update, state = rule.update(jnp.ones(()), state)
            return state, -jnp.asarray(update)

        return np.asarray(jax.lax.scan(step, rule.init(jnp.zeros(())), None, steps)[1])

    rules = {"corrected": optimizers.adam(1.0), "uncorrected": uncorrected_adam(1.0)}
    return xr.Dataset(
        {"length": (("rule", "step"), np.stack([lengths(r) for r in rules.values()]))},
        {"rule": list(rules), "step": np.arange(1, steps + 1)},
    )


def uncorrected_adam(
    learning_rate: float, b1: float = 0.9, b2: float = 0.999, eps: float = 1e-8
) -> optax.GradientTransformation:
    """Adam without its bias correction: m ← β₁m + (1 − β₁)g, v alike, w ← w − η m/(√v + ε)."""

    def init(params):
        zeros = jax.tree.map(jnp.zeros_like, params)
        return zeros, zeros

    def update(updates, state, params=None):
        del params
        m = jax.tree.map(lambda g, m: b1 * m + (1 - b1) * g, updates, state[0])
        v = jax.tree.map(lambda g, v: b2 * v + (1 - b2) * g**2, updates, state[1])
        step = jax.tree.map(lambda m, v: -learning_rate * m / (jnp.sqrt(v) + eps), m, v)
        return step, (m, v)

    return optax.GradientTransformation(init, update)


def epsilon(smoke: bool) -> xr.Dataset:
    """Validation loss of Adam on the digits over learning rate × ε."""
    values = [1e-8, 1e-2] if smoke else [1e-8, 1e-6, 1e-4, 1e-2, 1.0]
    rates = np.geomspace(1e-4, 10, 4 if smoke else 16)
    swept = lab.sweep(
        "digits", ["adam"], axes={"learning_rate": rates, "eps": values},
        seeds=[0, 1] if smoke else list(range(5)), batch_size=32, evaluations=1,
        budget=lab.Budget(updates=40 if smoke else 400), progress=False,
    )  # fmt: skip
    loss = swept.validation_loss.isel(step=-1, optimizer=0, drop=True)
    return xr.Dataset(
        {"loss": loss.transpose("eps", "learning_rate", "seed")},
        attrs={"updates": int(swept.updates[-1])},
    )


if __name__ == "__main__":
    main(Adaptive, run)
