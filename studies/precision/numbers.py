"""What formats can hold, what softmax makes of it, and what scaled inputs do to a gradient rule."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

import lab
from lab import losses

FORMATS: dict[str, Any] = {"float32": jnp.float32, "bfloat16": jnp.bfloat16, "float16": jnp.float16}
FEATURES, SAMPLES = 10, 200
RULES = {"gradient descent": "sgd", "heavy ball": "momentum", "Adam": "adam"}


def limits() -> list[list[str]]:
    """Of each format: largest, least normal, least of all, and the step after 1."""
    found = []
    for name, dtype in FORMATS.items():
        told = jnp.finfo(dtype)
        found.append([name, *(
            f"{float(v):.3g}"
            for v in (told.max, told.smallest_normal, told.smallest_subnormal, told.eps)
        )])  # fmt: skip
    return found


def examples() -> list[list[str]]:
    """Sums that every format rounds as IEEE 754 says, computed one operation at a time."""

    def shown(function):
        return [f"{float(function(dtype)):.4g}" for dtype in FORMATS.values()]

    def number(value):
        return lambda dtype: jnp.asarray(value, dtype)

    def added(dtype):
        return jnp.asarray(1.0, dtype) + jnp.asarray(1e-3, dtype)

    def squared(value):
        return lambda dtype: jnp.square(jnp.asarray(value, dtype))

    def ones(dtype):
        # one at a time, as a naive running sum has it
        return jax.lax.fori_loop(
            0, 4096, lambda _, s: s + jnp.ones((), dtype), jnp.zeros((), dtype)
        )

    return [
        ["70,000", *shown(number(70_000.0))],
        ["300²", *shown(squared(300.0))],
        ["10⁻⁸, Adam's ε", *shown(number(1e-8))],
        ["(10⁻⁴)², a squared gradient", *shown(squared(1e-4))],
        ["1 + 0.001, a small update", *shown(added)],
        ["4,096 ones, one by one", *shown(ones)],
    ]


def naive(logits: jax.Array, target: jax.Array) -> jax.Array:
    """−log(exp z_t / Σ exp z), as the formula stands: [B, K], [B] -> [B]."""
    powers = jnp.exp(logits)
    share = powers / jnp.sum(powers, -1, keepdims=True)
    return -jnp.log(jnp.take_along_axis(share, target[:, None], -1)[:, 0])


def softmax_table(sizes: Sequence[float], draws: int = 200) -> xr.Dataset:
    """Cross-entropy of random logits with a largest |z| of each size, naively and stably.

    `broken` is the share that is not finite, `error` the largest |difference| from float64 over
    1 + the true value among the finite ones: (form, format, size).
    """
    rng = np.random.default_rng(0)
    unit = rng.uniform(-1, 1, (draws, 10))
    unit /= np.abs(unit).max(-1, keepdims=True)
    target = jnp.asarray(rng.integers(0, 10, draws))
    forms = {"naive": naive, "stable": losses.softmax_cross_entropy_with_integer_labels}
    shape = (len(forms), len(FORMATS), len(sizes))
    broken, error = np.zeros(shape), np.zeros(shape)
    for i, form in enumerate(forms.values()):
        for j, dtype in enumerate(FORMATS.values()):
            for k, size in enumerate(sizes):
                logits = jnp.asarray(size * unit, dtype)
                z = np.asarray(logits, np.float64)  # as rounded: the form is judged, not its input
                top = z.max(-1, keepdims=True)
                true = np.log(np.exp(z - top).sum(-1)) - (z - top)[np.arange(draws), target]
                found = np.asarray(form(logits, target), np.float64)
                fine = np.isfinite(found)
                broken[i, j, k] = 1 - fine.mean()
                off = np.abs(found - true)[fine] / (1 + true[fine])
                error[i, j, k] = off.max() if fine.any() else np.nan
    dims = ("form", "format", "size")
    return xr.Dataset(
        {"broken": (dims, broken), "error": (dims, error)},
        {"form": list(forms), "format": list(FORMATS), "size": list(sizes)},
    )


def scales(condition: Any) -> jax.Array:
    """Standard deviations of the inputs, from 1 down to κ^−½: [D]."""
    return jnp.asarray(condition, jnp.float32) ** (-0.5 * jnp.linspace(0.0, 1.0, FEATURES))


def start(key, hypers) -> jax.Array:
    """What is missing to the true weights, of equal weight in the loss for each input: [D]."""
    return jax.random.normal(key, (FEATURES,)) / scales(hypers["condition"])


def excess(params, batch, hypers) -> jax.Array:
    """Half the mean squared error of a linear model above its least."""
    inputs = batch["x"] * scales(hypers["condition"])[None]
    return 0.5 * jnp.mean(jnp.square(inputs @ params))


def per_row(params, batch, hypers) -> dict[str, jax.Array]:
    """The same of each row."""
    inputs = batch["x"] * scales(hypers["condition"])[None]
    return {"loss": 0.5 * jnp.square(inputs @ params)}


def whitened(rows: int, seed: int = 0) -> np.ndarray:
    """Inputs whose covariance is exactly the identity: [N, D]."""
    x = np.random.default_rng(seed).standard_normal((rows, FEATURES))
    left, _, right = np.linalg.svd(x - x.mean(0), full_matrices=False)
    return (np.sqrt(rows) * left @ right).astype(np.float32)


def steps_to_target(told: Mapping[str, Any], names: Sequence[str]) -> xr.Dataset:
    """Updates until the excess loss is a thousandth of the first: (rule, condition, seed).

    Each rule gets its best rate by median, out of the same multiples of its usual one.
    """
    task = partial(lab.tasks.own, start, excess, {"x": whitened(SAMPLES)}, metrics=per_row)
    linear = task(validation=0.0, hypers={"condition": 1.0}, name="scaled inputs")
    kept = []
    for rule in (RULES[name] for name in names):
        swept = lab.sweep(
            linear, [rule],
            axes={"condition": told["conditions"], "learning_rate": told["input_rates"]},
            seeds=told["seeds"], batch_size=SAMPLES, budget=lab.Budget(updates=told["steps"]),
            evaluations=told["steps"] // 5, progress=False,
        ).isel(optimizer=0)  # fmt: skip
        loss = swept.validation_loss.transpose("learning_rate", "condition", "seed", "step").values
        there = loss <= told["target"] * loss[..., :1]
        updates = swept.updates.values.reshape(-1)[-loss.shape[-1] :].astype(float)
        times = np.where(there.any(-1), updates[there.argmax(-1)], np.inf)
        best = np.median(times, -1).argmin(0)  # [condition]
        kept.append(times[best, np.arange(times.shape[1])])
    return xr.Dataset(
        {"steps": (("rule", "condition", "seed"), np.array(kept))},
        {"rule": list(names), "condition": told["conditions"]},
    )
