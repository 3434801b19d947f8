"""The lab's rules on the problem that authors' own code was recorded on: `tests/oracles`."""

import functools
import json
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from lab.optimizers import CATALOG

FOLDER = Path(__file__).parent.parent / "tests" / "oracles" / "authors"


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
    entry = CATALOG[name]
    with jax.enable_x64(True):
        shape = jnp.asarray(problem()["rates"]["scheduled" if case["scheduled"] else "constant"])
        rates = case["rate"] * shape
        rate: Any = (lambda t: rates[t]) if case["scheduled"] else case["rate"]
        options = {k: tuple(x) if isinstance(x, list) else x for k, x in case["lab"].items()}
        rule = optax.with_extra_args_support(entry.by_hand(learning_rate=rate, **options))

        def step(carry, targets):
            params, state = carry

            def loss(w):
                return 1 + sum(0.5 * jnp.sum((w[key] - targets[key]) ** 2) for key in w)

            gradient = jax.grad(loss)(params) if entry.needs - {"key"} else targets
            updates, state = rule.update(
                gradient, state, params, value=loss(params), grad=gradient, value_fn=loss,
                obj_fn=loss, grad_fn=lambda w, _: jax.grad(loss)(w),
            )  # fmt: skip
            params = optax.apply_updates(params, updates)
            seen = dict(params)
            if entry.eval_params is not None:
                at: Any = entry.eval_params(state, params)
                seen |= {f"{key} (evaluated)": x for key, x in at.items()}
            return (params, state), seen

        start = {key: jnp.asarray(x) for key, x in problem()["start"].items()}
        targets = {key: jnp.asarray(x) for key, x in problem()["gradients"].items()}
        run = jax.jit(lambda: jax.lax.scan(step, (start, rule.init(start)), targets)[1])
        return {key: np.asarray(x) for key, x in run().items()}


def errors(name: str) -> dict[str, float]:
    """By case: the largest difference from what is recorded, relative to the array's largest."""
    found = {}
    for case_name, case in recorded(name)["cases"].items():
        mine, worst = path(name, case), 0.0
        for key, kept in case["parameters"].items():
            theirs = np.asarray(kept)
            at = np.array([mine[key][t - 1] for t in problem()["kept"]])
            worst = max(worst, float(np.max(np.abs(at - theirs)) / np.max(np.abs(theirs))))
        found[case_name] = worst
    return found
