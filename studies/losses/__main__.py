"""Losses: their shapes and slopes, and a line fitted through outliers by three of them.

Data: y = 1 + 2x + noise, and a share of the targets shifted upwards. Each data set is fitted by
squared, absolute and Huber loss; what counts is the distance to the true line.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import jax
import jax.numpy as jnp
import numpy as np
import optax
import xarray as xr

from lab import losses, optimizers, plots, records, schedules, statistics
from lab.study.cli import Flags, Folder, main, opened
from lab.study.flags import Whole
from lab.study.tables import comma_separated, markdown
from studies.losses.figures import loss_shapes, outlier_lines

SHARES = (0.0, 0.05, 0.1, 0.2, 0.3)
ROWS, SLOPE, INTERCEPT, NOISE, SHIFT = 60, 2.0, 1.0, 0.5, 6.0
DELTA = 1.0
FITTED: dict[str, Callable[..., jax.Array]] = {
    "MSE": losses.squared_error,
    "MAE": losses.absolute_error,
    "Huber": lambda y, t: losses.huber_loss(y, t, delta=DELTA),
}


@dataclass(frozen=True)
class Losses(Flags):
    """Flags of the study of losses."""

    steps: Annotated[int, Whole(1, 1_000_000)] = 2000
    """Updates of every fit, on all rows."""


def run(flags: Losses) -> None:
    """Tabulate, fit, draw."""
    folder = Folder(flags, "losses")
    if flags.from_ is not None:
        draw(opened(flags.from_, "losses"), folder)
        return
    seeds = flags.seeds or (4 if flags.smoke else 300)
    steps = 200 if flags.smoke else flags.steps
    parts = {
        "shapes": folder.part("shapes", lambda _: _shapes()),
        "lines": folder.part("lines", lambda _: _lines(seeds, steps)),
    }
    draw(folder.finish(parts, {"seeds": seeds, "steps": steps}), folder)


def _shapes() -> xr.Dataset:
    """Values and slopes over the error e = ŷ − t, and over the logit z of an example with t = 1."""
    error = jnp.linspace(-4, 4, 321)
    logit = jnp.linspace(-6, 6, 321)
    of_error = {name: lambda e, f=f: f(e, jnp.zeros_like(e)) for name, f in FITTED.items()}

    def squared_sigmoid(z):
        return losses.squared_error(jax.nn.sigmoid(z), jnp.ones_like(z))

    of_logit = {
        "binary cross-entropy": lambda z: losses.sigmoid_binary_cross_entropy(z, jnp.ones_like(z)),
        "squared error of σ(z)": squared_sigmoid,
        "hinge": lambda z: losses.hinge_loss(z, jnp.ones_like(z)),
        "0-1 loss": lambda z: (z <= 0).astype(z.dtype),
    }
    columns = {}
    for dim, at, functions in (("error", error, of_error), ("logit", logit, of_logit)):
        for what, change in (("value", lambda f: f), ("slope", jax.grad)):
            columns[f"{what}_by_{dim}"] = (
                (f"loss_of_{dim}", dim),
                np.stack([np.asarray(jax.vmap(change(f))(at)) for f in functions.values()]),
            )
    coordinates = {
        "error": np.asarray(error),
        "logit": np.asarray(logit),
        "loss_of_error": list(of_error),
        "loss_of_logit": list(of_logit),
    }
    return records.stamp(xr.Dataset(columns, coordinates), {"delta": DELTA})


def draw_sets(seeds: int, share: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x, y and which rows are outliers, each [S, N]; the same x and noise for every share."""
    rng = np.random.default_rng(7)
    x = rng.uniform(0, 2, (seeds, ROWS)).astype(np.float32)
    noise = NOISE * rng.standard_normal((seeds, ROWS)).astype(np.float32)
    count = round(share * ROWS)
    shifted = rng.random((seeds, ROWS)).argsort(1) < count
    return x, INTERCEPT + SLOPE * x + noise + SHIFT * shifted.astype(np.float32), shifted


def fit_line(loss: Callable[..., jax.Array], x: jax.Array, y: jax.Array, steps: int) -> jax.Array:
    """Intercept and slope that minimize the mean loss, by Adam on all rows: [N], [N] -> [2]."""
    rate = schedules.cosine_decay_schedule(0.3, steps)
    rule = optimizers.adam(rate)
    features = jnp.stack([jnp.ones_like(x), x])  # [2, N]

    def mean_loss(line):
        return jnp.mean(loss(line @ features, y))

    def step(state, _):
        line, opt_state = state
        update, opt_state = rule.update(jax.grad(mean_loss)(line), opt_state, line)
        return (optax.apply_updates(line, update), opt_state), None

    first = jnp.zeros(2, x.dtype)
    (line, _), _ = jax.lax.scan(step, (first, rule.init(first)), length=steps)
    return jnp.asarray(line)


def _lines(seeds: int, steps: int) -> xr.Dataset:
    """The fitted lines, and their root mean squared distance to the true one for x in [0, 2]."""
    fits = {
        name: jax.jit(jax.vmap(lambda x, y, f=f: fit_line(f, x, y, steps)))
        for name, f in FITTED.items()
    }
    lines, shown, exact = [], [], []
    for share in SHARES:
        x, y, shifted = draw_sets(seeds, share)
        lines.append([np.asarray(fit(x, y)) for fit in fits.values()])
        shown.append(np.stack([x[0], y[0], shifted[0]]))
        exact.append([np.polyfit(a, b, 1)[::-1] for a, b in zip(x, y)])
    lines = np.array(lines)  # [shares, losses, S, 2]
    a, b = (lines - np.array([INTERCEPT, SLOPE], np.float32)).transpose(3, 0, 1, 2)
    distance = np.sqrt(a**2 + 2 * a * b + 4 / 3 * b**2)  # mean over x in [0, 2] of (a + bx)²
    dims = ("share", "loss", "seed")
    return records.stamp(
        xr.Dataset(
            {
                "line": ((*dims, "number"), lines),
                "distance": (dims, distance, {"long_name": "distance to the true line"}),
                "shown": (("share", "what", "row"), np.stack(shown)),
                "miss": ((), np.abs(lines[:, 0] - np.array(exact)).max()),
            },
            {"share": list(SHARES), "loss": list(FITTED), "what": ["x", "y", "outlier"]},
        ),
        {"rows": ROWS, "noise": NOISE, "shift": SHIFT, "delta": DELTA, "steps": steps},
    )


def draw(record: xr.DataTree, folder: Folder) -> None:
    """Figures, table and verdict, from the record alone."""
    shapes, lines = record["shapes"].to_dataset(), record["lines"].to_dataset()
    seeds = lines.sizes["seed"]
    plots.save(
        loss_shapes(
            shapes,
            f"Single examples; Huber with δ = {DELTA:g}. Slopes by automatic differentiation; the "
            "sub-gradient of MAE at 0 is 0.",
        ),
        folder.path / "shapes.png",
    )
    plots.save(
        outlier_lines(
            lines,
            (INTERCEPT, SLOPE),
            0.2 if 0.2 in lines.share else float(lines.share[-1]),
            f"{seeds} data sets of {ROWS} rows: y = 1 + 2x + noise of σ = {NOISE:g}; outliers "
            f"shifted by +{SHIFT:g}. Huber with δ = {DELTA:g}.\n{lines_budget(record)} updates of "
            "Adam on all rows. Right: mean over data sets, 95 % t interval.",
        ),
        folder.path / "outliers.png",
    )
    header = ["outliers", *(f"{name}: distance" for name in FITTED), "Huber − MAE", "Huber − MSE"]
    rows = []
    for share in lines.share.values:
        one = lines.distance.sel(share=share)
        rows.append([
            f"{share:.0%}",
            *(_with_interval(one.sel(loss=name).values) for name in FITTED),
            *(_signed(difference(lines, float(share), "Huber", other)) for other in ("MAE", "MSE")),
        ])  # fmt: skip
    page = (
        f"# Losses\n\n{markdown(header, rows)}\n"
        f"The MSE lines are within {float(lines.miss):.0e} of the closed form.\n\n"
        f"{verdict(lines)}\n\n## Numbers by hand\n\n"
        f"{markdown(['example', 'lab', 'printed'], by_hand())}"
    )
    folder.text("table.md", page)
    folder.text("table.csv", comma_separated(header, rows))
    print("\n" + page + f"\nfigures, tables and record: {folder.path}")


def lines_budget(record: xr.DataTree) -> str:
    """How many updates each fit had."""
    return f"{records.manifest(record)['configuration']['steps']:,}"


def difference(lines: xr.Dataset, share: float, a: str, b: str) -> statistics.Interval:
    """Distance of loss `a` minus that of `b`, paired by data set; all shares hold together."""
    one = lines.distance.sel(share=share)
    comparisons = 3 * lines.sizes["share"]
    return statistics.paired_difference(
        one.sel(loss=a).values, one.sel(loss=b).values, comparisons=comparisons
    )


def verdict(lines: xr.Dataset) -> str:
    """Three claims about outliers."""
    shares = [float(s) for s in lines.share.values]
    dirty = [s for s in shares if s > 0]
    pulled = {s: difference(lines, s, "Huber", "MSE") for s in dirty}
    worst = {s: difference(lines, s, "MAE", "MSE") for s in dirty}
    clean = {b: difference(lines, 0.0, b, "MSE") for b in ("MAE", "Huber")}
    best = {s: difference(lines, s, "Huber", "MAE") for s in shares}
    return "\n".join([
        "**Verdict.** Differences of the distance to the true line, paired by data set, "
        "simultaneous 95 % t intervals.",
        f"- *Outliers pull MSE more than MAE and Huber*: "
        f"{_judge([*pulled.values(), *worst.values()])}; at {dirty[-1]:.0%} outliers MAE − MSE "
        f"{_signed(worst[dirty[-1]])}, Huber − MSE {_signed(pulled[dirty[-1]])}.",
        "- *Without outliers MSE is the most accurate*: "
        + "; ".join(
            f"against {b} {_judge([_negated(gap)])}, {b} − MSE {_signed(gap)}"
            for b, gap in clean.items()
        )
        + ".",
        "- *Huber is the better compromise, never worse than MAE*: "
        + "; ".join(f"{s:.0%} outliers {_judge([gap])} {_signed(gap)}" for s, gap in best.items())
        + ".",
    ])  # fmt: skip


def by_hand() -> list[list[str]]:
    """Printed examples, recomputed."""
    outputs = jnp.array([0.43, 0.28, 0.19, 0.88, 0.72, 0.01, 0.64, 0.86, 0.99, 0.63])
    squares = jnp.sum(losses.squared_error(outputs, jax.nn.one_hot(3, 10)))
    logs = losses.softmax_cross_entropy_with_integer_labels(
        jnp.log(jnp.array([[0.1, 0.9], [0.4, 0.6], [0.2, 0.8]])), jnp.zeros(3, jnp.int32)
    )
    return [
        ["squared cost of ten outputs, target 3", f"{float(squares):.2f}", "3.37 (unrounded)"],
        [
            "sparse cross-entropy of .1, .4, .2",
            ", ".join(f"{float(v):.3f}" for v in logs),
            "2.303, .916, 1.609",
        ],
        ["(3 − 18)²", f"{float(losses.squared_error(3.0, 18.0)):.0f}", "225"],
    ]


def _judge(gaps: list[statistics.Interval]) -> str:
    """Whether all differences are negative."""
    if all(gap.high < 0 for gap in gaps):
        return "held"
    return "did not hold" if any(gap.low > 0 for gap in gaps) else "inconclusive"


def _negated(gap: statistics.Interval) -> statistics.Interval:
    return statistics.Interval(-gap.estimate, -gap.high, -gap.low)


def _signed(gap: statistics.Interval) -> str:
    return f"{float(gap.estimate):+.3f} ({float(gap.low):+.3f} to {float(gap.high):+.3f})"


def _with_interval(values: np.ndarray) -> str:
    mean, low, _ = statistics.mean_interval(values)
    return f"{mean:.3f} ± {mean - low:.3f}"


if __name__ == "__main__":
    main(Losses, run)
