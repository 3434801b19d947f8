"""Training in float32, float16, bfloat16 and in mixtures: runs of the study of precision."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

import lab
from lab import losses, optimizers, protocol
from lab.models import INITIALIZERS
from lab.study import Parts
from lab.tasks import mixed
from lab.tasks.task import Initial, Problem, Task
from lab.types import Snapshot
from studies.precision.numbers import softmax_table, steps_to_target
from studies.precision.settings import BFLOAT, DYNAMIC, REFERENCE, STATIC, WHOLE, Precision


def parts(s: Precision) -> Parts:
    """Softmaxes, the network in every format, and descent on scaled inputs."""
    yield "softmax", lambda _: softmax_table(s)
    yield "trained", lambda _: trained(s)
    yield "inputs", lambda _: steps_to_target(s)


def forward(params: Any, x: jax.Array) -> jax.Array:
    """A ReLU network in the dtype of its parameters: [B, D] -> [B, K]."""
    *hidden, (kernel, bias) = params
    for k, b in hidden:
        x = jax.nn.relu(x @ k + b[None])
    return x @ kernel + bias[None]


def in_float32(params: Any, batch: Any) -> jax.Array:
    """Mean cross-entropy: layers in the dtype of the parameters, logarithms in float32."""
    return _loss(forward(params, batch["x"]).astype(jnp.float32), batch["y"])


def _loss(outputs, targets):
    return jnp.mean(losses.softmax_cross_entropy_with_integer_labels(outputs, targets))


@dataclass(frozen=True)
class Draw:
    """Parameters under He in `dtype`, and a loss scale beside them."""

    widths: tuple[int, ...]
    dtype: Any

    def __call__(self, key, hypers) -> Initial:
        """Layers of (kernel, bias)."""
        shapes = list(zip(self.widths, self.widths[1:]))
        kernels = map(INITIALIZERS["he_normal"], jax.random.split(key, len(shapes)), shapes)
        layers = [
            (kernel.astype(self.dtype), jnp.zeros(shape[1], self.dtype))
            for kernel, shape in zip(kernels, shapes)
        ]
        return Initial(layers, {"scale": mixed.loss_scale(hypers["scale"])})


@dataclass(frozen=True)
class Whole:
    """One dtype for parameters, computation and optimizer: no scale."""

    def __call__(self, params, model_state, batch, key, hypers):
        """Value and state."""
        del key, hypers
        outputs = forward(params, batch["x"].astype(params[0][0].dtype))
        return _loss(outputs, batch["y"]).astype(jnp.float32), (model_state, {})


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
    dtype: Any = jnp.float32  # of the parameters


def ways(period: int) -> dict[str, Way]:
    """All of them; `period` of the dynamic scale."""
    return {
        REFERENCE: Way(Whole()),
        **{name: Way(Whole(), dtype) for name, dtype in zip(WHOLE, (jnp.float16, jnp.bfloat16))},
        STATIC: Way(Mixed(jnp.float16)),
        DYNAMIC: Way(Mixed(jnp.float16, period)),
        BFLOAT: Way(Mixed(jnp.bfloat16)),
    }


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


def trained(s: Precision) -> xr.Dataset:
    """Accuracy, share of gradients lost or not finite, and the scale on its way, by way."""
    source = lab.data.source(lab.data.load("digits"))
    updates = s.epochs * len(source.prepare(s.split).train) // s.batch
    plan = ways(max(1, updates // 50))

    def sweep(way: Way, seeds: list[int], **more: Any) -> xr.Dataset:
        init = Draw((source.n_features, *s.widths, 10), way.dtype)
        task = Task(
            "digits",
            Problem(init, way.loss, metrics, predict),
            source,
            hypers={"scale": 1.0},
            kind="classification",
        )
        return lab.sweep(
            task, {"sgd": skipping}, seeds=seeds, split=s.split, batch_size=s.batch,
            budget=lab.Budget(epochs=s.epochs), evaluations=1, progress=False, **more,
        )  # fmt: skip

    rates = np.geomspace(s.slowest, s.fastest, s.rates).tolist()
    trials = {"sgd": [{"learning_rate": rate} for rate in rates]}
    tuning = sweep(plan[REFERENCE], s.numbers(s.tuning, protocol.TUNE), trials=trials)
    rate = float(protocol.select(tuning).learning_rate.item())
    kept = []
    for name in s.ways:
        scaled = name in (STATIC, DYNAMIC, BFLOAT)
        swept = sweep(
            plan[name], s.numbers(s.seeds, protocol.REPORT),
            axes={"scale": [2.0**e for e in s.exponents] if scaled else [1.0],
                  "learning_rate": [rate]},
            probe=look, probe_every=max(1, updates // 100),
        ).isel(optimizer=0, learning_rate=0)  # fmt: skip
        accuracy = swept.validation_accuracy.isel(step=-1)
        one = xr.Dataset(
            {
                "accuracy": accuracy.where(np.isfinite(accuracy), 0.0),
                "lost": swept.probe_lost.mean("probe_step"),
                "skipped": 1 - swept.probe_finite.mean("probe_step"),
                "scale_at": swept.probe_scale.rename(probe_step="update"),
            }
        ).astype(float)
        # without a scale, the same at every one
        one = one if scaled else one.isel(scale=[0] * len(s.exponents))
        one = one.reset_coords(drop=True).rename(scale="exponent")
        kept.append(one.assign_coords(exponent=list(s.exponents)))
    found = xr.concat(kept, "way").transpose("way", "exponent", "seed", "update")
    return found.assign_coords(way=list(s.ways)).assign_attrs(rate=rate, updates=updates)
