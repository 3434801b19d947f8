"""What formats can hold, what softmax makes of it, and what scaled inputs do to a gradient rule."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

import lab
from lab import losses
from studies.precision.settings import Precision

FORMATS: dict[str, Any] = {"float32": jnp.float32, "bfloat16": jnp.bfloat16, "float16": jnp.float16}
NAMES = {"sgd": "gradient descent", "momentum": "heavy ball", "adam": "Adam"}


def held() -> list[list[str]]:
    """What each format holds, and makes of sums, one operation at a time, as IEEE 754 says."""

    def ones(dtype):  # as a naive running sum has it
        one = jnp.ones((), dtype)
        return jax.lax.fori_loop(0, 4096, lambda _, s: s + one, jnp.zeros((), dtype))

    what = {
        "largest": lambda dtype: jnp.finfo(dtype).max,
        "least normal": lambda dtype: jnp.finfo(dtype).smallest_normal,
        "least": lambda dtype: jnp.finfo(dtype).smallest_subnormal,
        "step after 1": lambda dtype: jnp.finfo(dtype).eps,
        "70,000": lambda dtype: jnp.asarray(70_000.0).astype(dtype),
        "300²": lambda dtype: jnp.square(jnp.asarray(300.0, dtype)),
        "10⁻⁸, Adam's ε": lambda dtype: jnp.asarray(1e-8, dtype),
        "(10⁻⁴)², a squared gradient": lambda dtype: jnp.square(jnp.asarray(1e-4, dtype)),
        "1 + 0.001, a small update": lambda dtype: jnp.ones((), dtype) + jnp.asarray(1e-3, dtype),
        "4,096 ones, one by one": ones,
    }
    return [
        [name, *(f"{float(of(dtype)):.4g}" for dtype in FORMATS.values())]
        for name, of in what.items()
    ]


def naive(logits: jax.Array, target: jax.Array) -> jax.Array:
    """−log(exp z_t / Σ exp z), as the formula stands: [B, K], [B] -> [B]."""
    powers = jnp.exp(logits)
    share = powers / jnp.sum(powers, -1, keepdims=True)
    return -jnp.log(jnp.take_along_axis(share, target[:, None], -1)[:, 0])


def softmax_table(s: Precision) -> xr.Dataset:
    """Cross-entropy of random logits with a largest |z| of each size, naively and stably.

    `broken` is the share that is not finite, `error` the largest |difference| from float64 over
    1 + the true value among the finite ones: (form, format, size).
    """
    rng, draws = np.random.default_rng(s.split), s.draws
    sizes = np.geomspace(s.small, s.large, s.logits).tolist()
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
        {"form": list(forms), "format": list(FORMATS), "size": sizes},
    )


def scales(condition: Any, features: int) -> jax.Array:
    """Standard deviations of the inputs, from 1 down to κ^−½: [D]."""
    return jnp.asarray(condition, jnp.float32) ** (-0.5 * jnp.linspace(0.0, 1.0, features))


def start(key, hypers, features: int) -> jax.Array:
    """What is missing to the true weights, of equal weight in the loss for each input: [D]."""
    return jax.random.normal(key, (features,)) / scales(hypers["condition"], features)


def per_row(params, batch, hypers) -> dict[str, jax.Array]:
    """Half the squared error of a linear model on each row, above its least."""
    inputs = batch["x"] * scales(hypers["condition"], len(params))[None]
    return {"loss": 0.5 * jnp.square(inputs @ params)}


def excess(params, batch, hypers) -> jax.Array:
    """Its mean."""
    inputs = batch["x"] * scales(hypers["condition"], len(params))[None]
    return 0.5 * jnp.mean(jnp.square(inputs @ params))


def whitened(rows: int, features: int, seed: int = 0) -> np.ndarray:
    """Inputs whose covariance is exactly the identity: [N, D]."""
    x = np.random.default_rng(seed).standard_normal((rows, features))
    left, _, right = np.linalg.svd(x - x.mean(0), full_matrices=False)
    return (np.sqrt(rows) * left @ right).astype(np.float32)


def steps_to_target(s: Precision) -> xr.Dataset:
    """Updates until the excess loss is a small share of the first: (rule, condition, seed).

    Each rule gets its best rate by median, out of the same ones; infinite where a run misses it.
    """
    task = lab.tasks.own(
        partial(start, features=s.features), excess,
        {"x": whitened(s.samples, s.features, s.split)}, metrics=per_row, validation=0.0,
        hypers={"condition": 1.0}, name="scaled inputs",
    )  # fmt: skip
    rates = np.geomspace(s.input_slowest, s.input_fastest, s.input_rates).tolist()
    kept = []
    for rule in s.rules:
        swept = lab.sweep(
            task, [rule], axes={"condition": list(s.conditions), "learning_rate": rates},
            seeds=s.numbers(s.seeds), split=s.split, batch_size=s.samples,
            budget=lab.Budget(updates=s.steps), evaluations=s.steps // 5, progress=False,
        ).isel(optimizer=0)  # fmt: skip
        loss = swept.validation_loss.transpose("learning_rate", "condition", "seed", "step").values
        there = loss <= s.target * loss[..., :1]
        updates = swept.updates.values.reshape(-1)[-loss.shape[-1] :].astype(float)
        times = np.where(there.any(-1), updates[there.argmax(-1)], np.inf)
        best = np.median(times, -1).argmin(0)  # [condition]
        kept.append(times[best, np.arange(times.shape[1])])
    return xr.Dataset(
        {"steps": (("rule", "condition", "seed"), np.array(kept))},
        {"rule": [NAMES[rule] for rule in s.rules], "condition": list(s.conditions)},
    )
