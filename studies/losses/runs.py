"""What is worked out: curves of losses, and lines fitted by three of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import jax
import jax.numpy as jnp
import numpy as np
import optax
import xarray as xr

from lab import losses, optimizers, schedules
from lab.study import Parts, Settings, flags

Loss = Callable[..., jax.Array]
OF_LOGIT: dict[str, Loss] = {  # of an example with target 1
    "binary cross-entropy": lambda z: losses.sigmoid_binary_cross_entropy(z, jnp.ones_like(z)),
    "squared error of σ(z)": lambda z: losses.squared_error(jax.nn.sigmoid(z), jnp.ones_like(z)),
    "hinge": lambda z: losses.hinge_loss(z, jnp.ones_like(z)),
    "0-1 loss": lambda z: (z <= 0).astype(z.dtype),
}


@dataclass(frozen=True)
class Losses(Settings):
    """Of the study of losses."""

    seeds: Annotated[int, flags.whole(2, 100_000)] = 300
    """Data sets, the same ones for every loss and share of outliers."""
    steps: Annotated[int, flags.whole(1, 1_000_000)] = 2000
    """Updates of every fit, on all rows."""
    rate: float = 0.3  # of Adam, at first
    shares: tuple[float, ...] = (0.0, 0.05, 0.1, 0.2, 0.3)  # of outliers; none at first
    rows: int = 60
    line: tuple[float, float] = (1.0, 2.0)  # the true intercept and slope
    noise: float = 0.5
    shift: float = 6.0  # of an outlier
    delta: float = 1.0  # of Huber's loss
    drawn: int = 7  # number of what the data sets are drawn from


def parts(s: Losses) -> Parts:
    """Curves, and fits."""
    yield "shapes", lambda _: shapes(s)
    yield "lines", lambda _: lines(s)


def fitted(s: Losses) -> dict[str, Loss]:
    """The three losses (output, target) that lines are fitted by."""
    return {
        "MSE": losses.squared_error,
        "MAE": losses.absolute_error,
        "Huber": lambda y, t: losses.huber_loss(y, t, delta=s.delta),
    }


def shapes(s: Losses) -> xr.Dataset:
    """Values and slopes over the error e = ŷ − t, and over the logit z of an example with t = 1."""
    of_error: dict[str, Loss] = {
        name: lambda e, f=f: f(e, jnp.zeros_like(e)) for name, f in fitted(s).items()
    }
    columns, coordinates = {}, {}
    for dim, reach, functions in (("error", 4, of_error), ("logit", 6, OF_LOGIT)):
        at = jnp.linspace(-reach, reach, 321)
        coordinates |= {dim: np.asarray(at), f"loss_of_{dim}": list(functions)}
        for what, change in (("value", lambda f: f), ("slope", jax.grad)):
            columns[f"{what}_by_{dim}"] = (
                (f"loss_of_{dim}", dim),
                np.stack([np.asarray(jax.vmap(change(f))(at)) for f in functions.values()]),
            )
    return xr.Dataset(columns, coordinates)


def draw_sets(s: Losses, share: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x, y and which rows are outliers, each [S, N]; the same x and noise for every share."""
    rng, shape = np.random.default_rng(s.numbers(1, s.drawn)[0]), (s.seeds, s.rows)
    x = rng.uniform(0, 2, shape).astype(np.float32)
    noise = s.noise * rng.standard_normal(shape).astype(np.float32)
    shifted = rng.random(shape).argsort(1) < round(share * s.rows)
    return x, s.line[0] + s.line[1] * x + noise + s.shift * shifted.astype(np.float32), shifted


def fit_line(s: Losses, loss: Loss, x: jax.Array, y: jax.Array) -> jax.Array:
    """Intercept and slope that minimize the mean loss, by Adam on all rows: [N], [N] -> [2]."""
    rule = optimizers.adam(schedules.cosine_decay_schedule(s.rate, s.steps))
    features = jnp.stack([jnp.ones_like(x), x])  # [2, N]

    def mean_loss(line):
        return jnp.mean(loss(line @ features, y))

    def step(state, _):
        line, opt_state = state
        update, opt_state = rule.update(jax.grad(mean_loss)(line), opt_state, line)
        return (optax.apply_updates(line, update), opt_state), None

    first = jnp.zeros(2, x.dtype)
    (line, _), _ = jax.lax.scan(step, (first, rule.init(first)), length=s.steps)
    return jnp.asarray(line)


def lines(s: Losses) -> xr.Dataset:
    """The fitted lines, and their root mean squared distance to the true one for x in [0, 2]."""
    fits = [jax.jit(jax.vmap(lambda x, y, f=f: fit_line(s, f, x, y))) for f in fitted(s).values()]
    found, shown, exact = [], [], []
    for share in s.shares:
        x, y, shifted = draw_sets(s, share)
        found.append([np.asarray(fit(x, y)) for fit in fits])
        shown.append(np.stack([x[0], y[0], shifted[0]]))
        exact.append([np.polyfit(a, b, 1)[::-1] for a, b in zip(x, y)])
    found = np.array(found)  # [shares, losses, S, 2]
    a, b = (found - np.array(s.line, np.float32)).transpose(3, 0, 1, 2)
    distance = np.sqrt(a**2 + 2 * a * b + 4 / 3 * b**2)  # mean over x in [0, 2] of (a + bx)²
    dims = ("share", "loss", "seed")
    return xr.Dataset(
        {
            "line": ((*dims, "number"), found),
            "distance": (dims, distance, {"long_name": "distance to the true line"}),
            "shown": (("share", "what", "row"), np.stack(shown)),
            "miss": ((), np.abs(found[:, 0] - np.array(exact)).max()),
        },
        {"share": list(s.shares), "loss": list(fitted(s)), "what": ["x", "y", "outlier"]},
    )
