"""The runs of the study of clipping: rules, nets whose gradient explodes, and what is kept."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import xarray as xr

import lab
from lab import optimizers, probes, protocol
from lab.tasks.task import Task
from lab.types import Snapshot


def none(learning_rate: Any) -> optax.GradientTransformation:
    """SGD as it is: w ← w − η g."""
    return optimizers.sgd(learning_rate)


def by_value(learning_rate: Any, threshold: float = 1.0) -> optax.GradientTransformation:
    """SGD, every entry of g within ±threshold."""
    return optax.chain(optimizers.clip(threshold), optimizers.sgd(learning_rate))


def per_leaf(learning_rate: Any, threshold: float = 1.0) -> optax.GradientTransformation:
    """SGD, every array of g at most `threshold` long."""
    return optax.chain(optimizers.clip_by_block_norm(threshold), optimizers.sgd(learning_rate))


def global_norm(learning_rate: Any, threshold: float = 1.0) -> optax.GradientTransformation:
    """SGD, g at most `threshold` long."""
    return optax.chain(optimizers.clip_by_global_norm(threshold), optimizers.sgd(learning_rate))


def adaptive(learning_rate: Any, threshold: float = 0.1) -> optax.GradientTransformation:
    """SGD, every unit's g at most `threshold` times as long as its weights."""
    return optax.chain(optimizers.adaptive_grad_clip(threshold), optimizers.sgd(learning_rate))


class Clip(NamedTuple):
    """SGD with a way to clip, and the thresholds tried."""

    rule: Callable[..., optax.GradientTransformation]
    thresholds: tuple[float, ...]


PLAIN = "none"
CLIPS = {
    "by value": Clip(by_value, (0.01, 0.1, 1.0)),
    "per leaf": Clip(per_leaf, (0.1, 1.0, 10.0)),
    "global norm": Clip(global_norm, (0.1, 1.0, 10.0)),
    "adaptive": Clip(adaptive, (0.01, 0.1, 1.0)),
}


class Net(NamedTuple):
    """A net whose gradient explodes: twelve factors, each 1.5 times too large."""

    task: Callable[[], Task]
    metric: str
    guess: float  # the metric's value for who knows nothing
    perfect: float


def _recurrent() -> Task:
    return lab.tasks.CATALOG["adding"].make(
        length=12, hidden=16, activation="relu", recurrent_scale=1.5
    )


def _deep() -> Task:
    return lab.tasks.CATALOG["digits"].make(widths=(32,) * 12).with_hypers(init_scale=1.5)


NETS = {
    "recurrent": Net(_recurrent, "loss", 1 / 6, 0.0),
    "deep": Net(_deep, "accuracy", 0.1, 1.0),
}


class Bench(NamedTuple):
    """What all runs share."""

    updates: int
    rates: tuple[float, ...]
    tuning: int  # seeds that select a threshold and a rate
    seeds: int  # fresh ones that are reported
    thresholds: int  # tried

    def sweep(self, net: Net, rule: Any, seeds: Any, axes: dict[str, Any]) -> xr.Dataset:
        """Every rate of these; loss and raw gradient norm are watched at every update."""
        return lab.sweep(
            net.task(), {"rule": rule}, axes={"learning_rate": list(self.rates), **axes},
            seeds=seeds, budget=lab.Budget(updates=self.updates), batch_size=32, evaluations=1,
            probe=loss_and_norm, probe_every=1, progress=False,
        ).isel(optimizer=0)  # fmt: skip


def loss_and_norm(snapshot: Snapshot) -> dict[str, jax.Array]:
    """Of the batch, and of its gradient before it is clipped."""
    return {"loss": snapshot.loss, "norm": probes.norm(snapshot.gradient)}


def progress(net: Net, swept: xr.Dataset) -> xr.DataArray:
    """0 for guessing or worse, 1 for perfection, at the end; a diverged run knows nothing: 0."""
    last = swept[f"validation_{net.metric}"].isel(step=-1)
    share = ((last - net.guess) / (net.perfect - net.guess)).clip(0)
    return share.where((swept.diverged_at < 0) & np.isfinite(last), 0.0)


def measured(bench: Bench, net: Net, clip: Clip) -> xr.Dataset:
    """The threshold with the most progress over all rates, on fresh seeds at every rate."""
    tuning = bench.sweep(
        net,
        clip.rule,
        protocol.phase_seeds(protocol.TUNE, bench.tuning),
        {"threshold": list(clip.thresholds[: bench.thresholds])},
    )
    found = progress(net, tuning).mean("seed")
    chosen = found.mean("learning_rate").idxmax("threshold")
    report = bench.sweep(
        net,
        clip.rule,
        protocol.phase_seeds(protocol.REPORT, bench.seeds),
        {"threshold": [float(chosen)]},
    )
    return _kept(net, report.isel(threshold=0), found.sel(threshold=chosen), float(chosen))


def unclipped(bench: Bench, net: Net) -> xr.Dataset:
    """The same without clipping."""
    tuning = bench.sweep(net, none, protocol.phase_seeds(protocol.TUNE, bench.tuning), {})
    found = progress(net, tuning).mean("seed")
    report = bench.sweep(net, none, protocol.phase_seeds(protocol.REPORT, bench.seeds), {})
    return _kept(net, report, found, np.inf)


def _kept(net: Net, report: xr.Dataset, tuned: xr.DataArray, threshold: float) -> xr.Dataset:
    head = ("learning_rate", "seed")
    watched = {
        what: ((*head, "update"), report[f"probe_{what}"].transpose(*head, "probe_step").values)
        for what in ("loss", "norm")
    }
    return xr.Dataset(
        {
            "progress": progress(net, report).transpose(*head).reset_coords(drop=True),
            "diverged_at": report.diverged_at.transpose(*head).reset_coords(drop=True),
            "threshold": ((), threshold),
            "tuned_rate": ((), float(tuned.idxmax("learning_rate"))),
            **watched,
        }
    )


def taken(one: xr.Dataset) -> int:
    """Updates before a run diverged."""
    at = int(one.diverged_at)
    return at if at >= 0 else one.sizes["update"]


def example(updates: int = 40) -> xr.Dataset:
    """Descent on f = 50w² from w = 1, η = 0.1: w by rule and update, float64.

    The gradient there is 100, and W = 1 − 0.1 · 100 = −9; thresholds 1, and 0.1 times the weight.
    """
    rules = {PLAIN: none(0.1)} | {
        name: clip.rule(0.1, threshold=0.1 if name == "adaptive" else 1.0)
        for name, clip in CLIPS.items()
    }
    with jax.enable_x64(True):
        paths = np.stack([_path(rule, updates) for rule in rules.values()])
    return xr.Dataset({"w": (("clip", "update"), paths)}, {"clip": list(rules)})


def _path(rule: optax.GradientTransformation, updates: int) -> np.ndarray:
    w = jnp.ones(1)
    state, path = rule.init(w), [1.0]
    for _ in range(updates):
        update, state = rule.update(100 * w, state, w)
        w = w + jnp.asarray(update)
        path.append(float(w[0]))
    return np.array(path)
