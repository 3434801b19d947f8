"""The lab's rules on the problem that authors' own code was recorded on: `tests/oracles`."""

import functools
import json
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from lab.optimizers import CATALOG
from lab.study.discovery import ROOT
from studies._site.composed import COMPOSED

FOLDER = ROOT / "tests" / "oracles" / "authors"

# What the lab, mostly with optax, does otherwise than the authors unless it is told not to.
DEPARTURES = {
    "adan": "ε̄ = 1e-8 inside the root, as in optax; the authors' code has none.",
    "fromage": "norms count as `min_norm` = 1e-6 at least, as in optax: biases that begin at 0 "
    "move 1e5 times slower than in the authors' code, which takes a plain step where a norm is "
    "0",
    "grams": "ε is added after the bias correction of v, in the authors' code before",
    "madgrad": "10⁻⁶ is added to the rate, as in the authors' code, which returns without an "
    "update at a rate of exactly 0; the lab, as optax, takes the tiny step",
    "muon": "the start of the velocity is corrected, as in optax; in Jordan's it is not",
    "optimistic_adam_v2": "Nesterov's mean and a first step of η, as in optax; in the paper the "
    "first step is 2 η",
    "prodigy": "the start of both means is corrected, as in optax; in its implementation that is "
    "off by default. ε is multiplied by the old estimate, as in the paper, in the code by the "
    "new one",
    "radam": "ε is outside of the corrected root, as in optax; in the authors' code under v's",
    "reduce_on_plateau": "counts as Keras does: the rate falls one loss sooner than in PyTorch",
    "soap": "ε is added after the bias correction of v, and vectors are turned too; the authors "
    "turn those if asked",
}


@functools.cache
def problem() -> dict[str, Any]:
    """Start, gradients [T, ...] and rates: what `tests/oracles/problem.py` makes."""
    return json.loads((FOLDER.parent / "problem.json").read_text())


def names() -> list[str]:
    """The rules that have a record."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def recorded(name: str) -> dict[str, Any]:
    """What `tests/oracles/record_authors.py` has written of a rule."""
    return json.loads((FOLDER / f"{name}.json").read_text())


def path(name: str, case: dict[str, Any]) -> dict[str, np.ndarray]:
    """Parameters [T, *shape] of the rule in the lab; "… (evaluated)" is another point."""
    entry = COMPOSED[name] if name in COMPOSED else CATALOG[name]
    with jax.enable_x64(True):
        shape = jnp.asarray(problem()["rates"]["scheduled" if case["scheduled"] else "constant"])
        rates = case["rate"] * shape
        rate: Any = (lambda t: rates[t]) if case["scheduled"] else case["rate"]
        given = {k: tuple(v) if isinstance(v, list) else v for k, v in case["lab"].items()}
        rule = optax.with_extra_args_support(entry.by_hand(learning_rate=rate, **given))

        def step(carry, targets):
            params, state = carry
            bowl = case.get("bowl", False)
            if bowl:
                targets = jax.tree.map(jnp.zeros_like, targets)

            def loss(w):
                return 1 + sum(0.5 * jnp.sum((w[key] - targets[key]) ** 2) for key in w)

            own = bowl or entry.needs - {"key"}
            gradient = jax.grad(loss)(params) if own else targets
            updates, state = rule.update(
                gradient, state, params, value=loss(params), grad=gradient, value_fn=loss,
                obj_fn=loss, grad_fn=lambda w, _: jax.grad(loss)(w),
            )  # fmt: skip
            params: Any = optax.apply_updates(params, updates)
            seen = dict(params)
            if entry.eval_params is not None:
                at: Any = entry.eval_params(state, params)
                seen |= {f"{key} (evaluated)": x for key, x in at.items()}
            return (params, state), seen

        arrays = {key.split(" ")[0] for key in case["parameters"]}
        start = {key: jnp.asarray(problem()["start"][key]) for key in sorted(arrays)}
        targets = {key: jnp.asarray(problem()["gradients"][key]) for key in start}
        run = jax.jit(lambda: jax.lax.scan(step, (start, rule.init(start)), targets)[1])
        return {key: np.asarray(x) for key, x in run().items()}


def errors(name: str) -> dict[str, float]:
    """By case: the largest difference from what is recorded, relative to the array's largest."""
    found = {}
    for case_name, case in recorded(name)["cases"].items():
        mine, apart = path(name, case), []
        for key, kept in case["parameters"].items():
            theirs = np.asarray(kept)
            at = np.array([mine[key][t - 1] for t in problem()["kept"]])
            apart.append(np.max(np.abs(at - theirs)) / np.max(np.abs(theirs)))
        found[case_name] = float(np.max(apart))  # NaN, if there is one
    return found
