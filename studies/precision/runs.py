"""Training in float32, float16, bfloat16 and in mixtures: the runs of the study of precision."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

import lab
from lab import data, losses, optimizers, protocol
from lab.models import INITIALIZERS
from lab.tasks import mixed
from lab.tasks.task import Initial, Problem, Task
from lab.types import Snapshot

WIDTHS = (64, 64, 64)
RATES = tuple(float(r) for r in np.geomspace(0.003, 0.3, 5))


def forward(params: Any, x: jax.Array) -> jax.Array:
    """A ReLU network in the dtype of its parameters: [B, D] -> [B, K]."""
    *hidden, (kernel, bias) = params
    for k, b in hidden:
        x = jax.nn.relu(x @ k + b[None])
    return x @ kernel + bias[None]


def in_float32(params: Any, batch: Any) -> jax.Array:
    """Mean cross-entropy: layers in the dtype of the parameters, logarithms in float32."""
    return _loss(forward(params, batch["x"]).astype(jnp.float32), batch["y"])


def throughout(params: Any, batch: Any) -> jax.Array:
    """Mean cross-entropy, everything in the dtype of the parameters."""
    return _loss(forward(params, batch["x"].astype(params[0][0].dtype)), batch["y"])


def _loss(outputs, targets):
    return jnp.mean(losses.softmax_cross_entropy_with_integer_labels(outputs, targets))


@dataclass(frozen=True)
class Draw:
    """Parameters under He in `dtype`, and a loss scale beside them."""

    widths: tuple[int, ...]
    dtype: Any = jnp.float32

    def __call__(self, key, hypers) -> Initial:
        """Layers of (kernel, bias)."""
        keys = jax.random.split(key, len(self.widths) - 1)
        layers = [
            (
                INITIALIZERS["he_normal"](k, shape).astype(self.dtype),
                jnp.zeros(shape[1], self.dtype),
            )
            for k, shape in zip(keys, zip(self.widths, self.widths[1:]))
        ]
        return Initial(layers, {"scale": mixed.loss_scale(hypers["scale"])})


@dataclass(frozen=True)
class Whole:
    """One dtype for parameters, computation and optimizer: no scale."""

    def __call__(self, params, model_state, batch, key, hypers):
        """Value and state."""
        del key, hypers
        return throughout(params, batch).astype(jnp.float32), (model_state, {})


@dataclass(frozen=True)
class Mixed:
    """Weights in float32, computation in `dtype`; the scale rises after `period` calm updates."""

    dtype: Any
    period: int | None = None  # None: the scale stays

    def __call__(self, params, model_state, batch, key, hypers):
        """Value, with the gradient that half precision gives, and the scale of the next update."""
        del key, hypers
        state = model_state["scale"]
        value, gradient, finite = mixed.scaled_gradient(
            in_float32, jax.lax.stop_gradient(params), batch, state.scale, self.dtype
        )
        if self.period is not None:
            state = mixed.next_scale(state, finite, period=self.period)
        return mixed.with_gradient(value, gradient, params), ({"scale": state}, {})


def metrics(params, model_state, batch, hypers) -> dict[str, jax.Array]:
    """Of the parameters as they are, computed in float32."""
    del model_state, hypers
    outputs = forward(mixed.cast(params, jnp.float32), batch["x"])
    hit = jnp.argmax(outputs, -1) == batch["y"]
    return {
        "loss": losses.softmax_cross_entropy_with_integer_labels(outputs, batch["y"]),
        "accuracy": hit.astype(jnp.float32),
    }


def predict(params, model_state, batch, hypers) -> jax.Array:
    """Class probabilities."""
    del model_state, hypers
    return jax.nn.softmax(forward(mixed.cast(params, jnp.float32), batch["x"]))


class Way(NamedTuple):
    """A way to train."""

    loss: Callable[..., Any]
    dtype: Any  # of the parameters
    scaled: bool = False  # whether every scale is tried


def ways(period: int) -> dict[str, Way]:
    """All of them; `period` of the dynamic scale."""
    return {
        "float32": Way(Whole(), jnp.float32),
        "float16 throughout": Way(Whole(), jnp.float16),
        "bfloat16 throughout": Way(Whole(), jnp.bfloat16),
        "mixed float16, static scale": Way(Mixed(jnp.float16), jnp.float32, True),
        "mixed float16, dynamic scale": Way(Mixed(jnp.float16, period), jnp.float32, True),
        "mixed bfloat16, static scale": Way(Mixed(jnp.bfloat16), jnp.float32, True),
    }


WAYS = tuple(ways(1))


def task_of(way: Way, widths: tuple[int, ...]) -> Task:
    """Digits, trained that way."""
    source = _digits()
    shape = (source.n_features, *widths, 10)
    return Task(
        "digits",
        Problem(Draw(shape, way.dtype), way.loss, metrics, predict),
        source,
        hypers={"scale": 1.0},
        kind="classification",
    )


@lru_cache(maxsize=1)
def _digits():
    return data.source(data.load("digits"))


def skipping(learning_rate: Any):
    """Heavy ball, which skips updates whose gradient is not finite."""
    return optimizers.apply_if_finite(optimizers.momentum(learning_rate), 1_000_000)


def look(snapshot: Snapshot) -> dict[str, jax.Array]:
    """Probe: the scale, and what of the float32 gradient half precision leaves."""
    wide = mixed.cast(snapshot.params, jnp.float32)
    exact = jax.tree.leaves(jax.grad(in_float32)(wide, snapshot.batch))
    got = [g.astype(jnp.float32) for g in jax.tree.leaves(snapshot.gradient)]
    there = sum(jnp.sum(e != 0) for e in exact)
    lost = sum(jnp.sum((g == 0) & (e != 0)) for g, e in zip(got, exact))
    finite = jnp.all(jnp.stack([jnp.all(jnp.isfinite(g)) for g in got]))
    return {
        "scale": snapshot.model_state["scale"].scale,
        "lost": lost / jnp.maximum(there, 1),
        "finite": finite.astype(jnp.float32),
    }


def trained(told: Mapping[str, Any], names: Sequence[str]) -> xr.Dataset:
    """Accuracy, share of gradients lost or not finite, and the scale on its way, by way."""
    budget, widths = lab.Budget(epochs=told["epochs"]), tuple(told["widths"])
    rows = len(_digits().prepare(0).train)
    updates = told["epochs"] * rows // told["batch"]
    plan = ways(max(1, updates // 50))
    settings: dict[str, Any] = {
        "budget": budget,
        "batch_size": told["batch"],
        "evaluations": 1,
        "progress": False,
    }
    tuning = lab.sweep(
        task_of(plan["float32"], widths),
        {"sgd": skipping},
        seeds=protocol.phase_seeds(protocol.TUNE, told["tuning"]),
        trials={"sgd": [{"learning_rate": rate} for rate in told["rates"]]},
        **settings,
    )
    rate = float(protocol.select(tuning).learning_rate.item())
    kept: dict[str, list] = {"accuracy": [], "lost": [], "skipped": [], "scale_at": []}
    steps = np.zeros(0)
    for way in (plan[name] for name in names):
        scales = [2.0**e for e in told["exponents"]] if way.scaled else [1.0]
        swept = lab.sweep(
            task_of(way, widths),
            {"sgd": skipping},
            axes={"scale": scales, "learning_rate": [rate]},
            seeds=protocol.phase_seeds(protocol.REPORT, told["seeds"]),
            probe=look,
            probe_every=max(1, updates // 100),
            **settings,
        ).isel(optimizer=0, learning_rate=0)
        accuracy = swept.validation_accuracy.isel(step=-1).transpose("scale", "seed").values
        shown = {
            what: swept[f"probe_{what}"].transpose("scale", "seed", "probe_step").values
            for what in ("lost", "finite", "scale")
        }
        steps = swept.probe_step.values.astype(int)
        found = {
            "accuracy": np.where(np.isfinite(accuracy), accuracy, 0.0),
            "lost": shown["lost"].mean(-1),
            "skipped": 1 - shown["finite"].mean(-1),
            "scale_at": shown["scale"],
        }
        for what, values in found.items():  # without a scale, the same at every one
            shape = (len(told["exponents"]), *values.shape[1:])
            kept[what].append(np.broadcast_to(values, shape).astype(float))
    dims = ("way", "exponent", "seed")
    return xr.Dataset(
        {k: ((*dims, "update") if k == "scale_at" else dims, np.array(v)) for k, v in kept.items()},
        {"way": list(names), "exponent": told["exponents"], "update": steps},
        {"rate": rate, "updates": updates},
    )
