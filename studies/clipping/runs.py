"""The runs of the study of clipping: rules, nets whose gradient explodes, and what is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import xarray as xr

import lab
from lab import optimizers, probes, protocol
from lab.study import Parts, Settings, flags
from lab.tasks.task import Task
from lab.types import Snapshot

PLAIN = "none"
BY = {
    "by value": optimizers.clip,  # every entry of g within ±threshold
    "per leaf": optimizers.clip_by_block_norm,  # every array of g at most so long
    "global norm": optimizers.clip_by_global_norm,  # g at most so long
    "adaptive": optimizers.adaptive_grad_clip,  # every unit's g at most so many times its weights
}


@dataclass(frozen=True)
class Clipping(Settings):
    """Of SGD on nets whose gradient explodes: twelve factors, each 1.5 times too large."""

    seeds: Annotated[int, flags.whole(2, 100_000)] = 16
    """Fresh seeds that are reported, at every rate."""
    tuning: int = 4  # seeds that select a threshold and a rate
    nets: tuple[str, ...] = ("recurrent", "deep")
    clips: tuple[tuple[str, tuple[float, ...]], ...] = (  # with the thresholds tried
        ("by value", (0.01, 0.1, 1.0)),
        ("per leaf", (0.1, 1.0, 10.0)),
        ("global norm", (0.1, 1.0, 10.0)),
        ("adaptive", (0.01, 0.1, 1.0)),
    )
    rates: int = 9
    slowest: float = 1e-3
    fastest: float = 10.0
    updates: int = 800
    batch: int = 32
    factors: int = 12  # times of a sequence, and hidden layers
    factor: float = 1.5  # times the usual first weights
    hidden: int = 16  # units of the recurrent net
    width: int = 32  # of the other
    # of a parabola: w from 1, f = curvature w²/2
    curvature: float = 100.0
    step: float = 0.1
    steps: int = 40
    thresholds: tuple[float, ...] = (1.0, 1.0, 1.0, 0.1)  # of each way to clip

    @property
    def ways(self) -> tuple[str, ...]:
        """Without clipping, and with it."""
        return PLAIN, *(name for name, _ in self.clips)


class Net(NamedTuple):
    """What is trained, and how well that is done."""

    task: Task
    metric: str
    guess: float  # the metric's value for who knows nothing
    perfect: float


def parts(s: Clipping) -> Parts:
    """A parabola; each net under each way to clip."""
    yield "example", lambda _: example(s)
    for name in s.nets:
        for way in s.ways:
            yield label(name, way), lambda _, n=name, w=way: measured(s, net(s, n), w)


def label(net: str, way: str) -> str:
    """Of a part."""
    return f"{net}/{way.replace(' ', '_')}"


def net(s: Clipping, name: str) -> Net:
    """With first weights that are too large."""
    if name == "recurrent":
        options = {"activation": "relu", "recurrent_scale": s.factor, "data_seed": s.numbers(1)[0]}
        task = lab.tasks.CATALOG["adding"].make(length=s.factors, hidden=s.hidden, **options)
        return Net(task, "loss", 1 / 6, 0.0)
    task = lab.tasks.CATALOG["digits"].make(widths=(s.width,) * s.factors)
    return Net(task.with_hypers(init_scale=s.factor), "accuracy", 0.1, 1.0)


def clipped(by: Any, learning_rate: Any, threshold: float = 1.0) -> optax.GradientTransformation:
    """SGD with g clipped first."""
    return optax.chain(by(threshold), optimizers.sgd(learning_rate))


def measured(s: Clipping, net: Net, way: str) -> xr.Dataset:
    """The threshold with the most progress over all rates, on fresh seeds at every rate."""
    rule = partial(clipped, BY[way]) if way in BY else optimizers.sgd
    rates = np.geomspace(s.slowest, s.fastest, s.rates).tolist()

    def swept(seeds: list[int], thresholds: Sequence[float]) -> xr.Dataset:
        axes: dict[str, Any] = {"threshold": list(thresholds)} if way in BY else {}
        record = lab.sweep(
            net.task, {"rule": rule}, axes={"learning_rate": rates, **axes}, seeds=seeds,
            split=s.numbers(1)[0], budget=lab.Budget(updates=s.updates), batch_size=s.batch,
            evaluations=1, probe=loss_and_norm, probe_every=1, progress=False,
        ).isel(optimizer=0)  # fmt: skip
        return record if axes else record.expand_dims(threshold=[np.inf])

    tuning = swept(s.numbers(s.tuning, protocol.TUNE), dict(s.clips).get(way, ()))
    found = progress(net, tuning).mean("seed")
    best = found.mean("learning_rate").idxmax("threshold")
    report = swept(s.numbers(s.seeds, protocol.REPORT), [float(best)]).isel(threshold=0, drop=True)
    rate = found.sel(threshold=best).idxmax("learning_rate")
    head = ("learning_rate", "seed")
    watched = {
        what: ((*head, "update"), report[f"probe_{what}"].transpose(*head, "probe_step").values)
        for what in ("loss", "norm")
    }
    return xr.Dataset(
        {
            "progress": progress(net, report).transpose(*head).reset_coords(drop=True),
            "diverged_at": report.diverged_at.transpose(*head).reset_coords(drop=True),
            "threshold": float(best),
            "tuned_rate": float(rate),
            **watched,
        }
    )


def loss_and_norm(snapshot: Snapshot) -> dict[str, jax.Array]:
    """Of the batch, and of its gradient before it is clipped."""
    return {"loss": snapshot.loss, "norm": probes.norm(snapshot.gradient)}


def progress(net: Net, swept: xr.Dataset) -> xr.DataArray:
    """0 for guessing or worse, 1 for perfection, at the end; a diverged run knows nothing: 0."""
    last = swept[f"validation_{net.metric}"].isel(step=-1)
    share = ((last - net.guess) / (net.perfect - net.guess)).clip(0)
    return share.where((swept.diverged_at < 0) & np.isfinite(last), 0.0)


def taken(one: xr.Dataset) -> int:
    """Updates before a run diverged."""
    at = int(one.diverged_at)
    return at if at >= 0 else one.sizes["update"]


def example(s: Clipping) -> xr.Dataset:
    """Descent on a parabola from w = 1, by way and update, float64: W = 1 − 0.1 · 100 = −9."""
    rules = {PLAIN: optimizers.sgd(s.step)} | {
        way: clipped(BY[way], s.step, threshold) for way, threshold in zip(BY, s.thresholds)
    }

    def path(rule: optax.GradientTransformation) -> list[float]:
        w = jnp.ones(1)
        state, found = rule.init(w), [1.0]
        for _ in range(s.steps):
            update, state = rule.update(s.curvature * w, state, w)
            w = w + jnp.asarray(update)
            found.append(float(w[0]))
        return found

    with jax.enable_x64(True):
        paths = np.array([path(rule) for rule in rules.values()])
    return xr.Dataset({"w": (("clip", "update"), paths)}, {"clip": list(rules)})
