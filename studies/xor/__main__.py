"""XOR by small networks: which architecture solves it, how often, and how soon?

All four corners are in every update. The rate of each architecture under each optimizer is
chosen by mean final loss among the same number of rates; success is counted on fresh seeds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from scipy import stats

import lab
from lab import losses, plots, protocol, statistics
from lab.foundations import backpropagation as bp
from lab.spaces import Float
from lab.study.cli import Flags, Folder, main, opened
from lab.study.flags import Whole
from lab.study.tables import comma_separated, markdown
from studies.xor.figures import boundaries, success_rates

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
TARGETS = np.array([0, 1, 1, 0], np.float32)
SPACES = {"sgd": Float(0.1, 30.0, log=True), "adam": Float(0.003, 0.6, log=True)}
MAIN = "sgd"


class Architecture(NamedTuple):
    """Hidden units and their activation."""

    hidden: int
    activation: str

    @property
    def name(self) -> str:
        """As textbooks write it."""
        shown = "ReLU" if self.activation == "relu" else self.activation
        return f"2-{self.hidden}-1 {shown}"


ARCHITECTURES = (
    Architecture(2, "sigmoid"), Architecture(4, "sigmoid"), Architecture(2, "tanh"),
    Architecture(2, "relu"), Architecture(4, "relu"), Architecture(8, "relu"),
)  # fmt: skip


@dataclass(frozen=True)
class Xor(Flags):
    """Flags of the XOR study."""

    updates: Annotated[int, Whole(50, 10_000_000)] = 1000
    """Budget of every run, in updates of all four corners."""
    trials: Annotated[int, Whole(2, 1_000)] = 6
    """Learning rates tried for each architecture and optimizer."""


def task(architecture: Architecture) -> lab.Task:
    """XOR, one logistic output; weights start normal with variance 1/inputs, biases at 0."""
    widths, names = (2, architecture.hidden, 1), (architecture.activation, "identity")

    def logits(params, batch):
        return bp.forward(params, batch["x"], names)[-1][:, 0]

    def loss(params, batch):
        return jnp.mean(losses.sigmoid_binary_cross_entropy(logits(params, batch), batch["y"]))

    def metrics(params, batch):
        z, y = logits(params, batch), batch["y"]
        right = (z > 0) == (y > 0.5)
        return {
            "loss": losses.sigmoid_binary_cross_entropy(z, y),
            "accuracy": right.astype(z.dtype),
        }

    return lab.tasks.own(
        init=lambda key: bp.initialize(key, widths),
        loss=loss,
        data={"x": CORNERS, "y": TARGETS},
        metrics=metrics,
        validation=0,  # the four corners are all there is
        name=architecture.name,
    )


def run(flags: Xor) -> None:
    """Tune, count on fresh seeds, draw."""
    folder = Folder(flags, "xor")
    if flags.from_ is not None:
        draw(opened(flags.from_, "xor"), folder)
        return
    chosen = ARCHITECTURES[4:5] if flags.smoke else ARCHITECTURES
    spaces = {MAIN: SPACES[MAIN]} if flags.smoke else SPACES
    updates = 60 if flags.smoke else flags.updates
    grids = protocol.rate_grid(spaces, 2 if flags.smoke else flags.trials)
    tune = protocol.phase_seeds(protocol.TUNE, 4 if flags.smoke else 40)
    fresh = protocol.phase_seeds(protocol.REPORT, flags.seeds or (6 if flags.smoke else 300))
    settings = {"budget": lab.Budget(updates=updates), "batch_size": 4}
    parts = {}
    for architecture in chosen:
        name, its_task = architecture.name, task(architecture)
        print(f"{name}: {flags.trials} rates on {len(tune)} seeds, then {len(fresh)} fresh seeds")
        tuning = parts[f"{name}/tuning"] = folder.part(
            f"{name}.tuning",
            lambda held, its_task=its_task: lab.sweep(
                its_task, list(spaces), trials=grids, seeds=tune, evaluations=1, extend=held,
                **settings,
            ),
        )  # fmt: skip
        rates = protocol.select(tuning).learning_rate
        parts[f"{name}/report"] = folder.part(
            f"{name}.report",
            lambda held, its_task=its_task, rates=rates: lab.sweep(
                its_task, list(spaces), seeds=fresh, evaluations=50, extend=held,
                trials={k: [{"learning_rate": float(rates.sel(optimizer=k))}] for k in spaces},
                probe=parameters, probe_every=updates - 1, **settings,
            ),
        )  # fmt: skip
    draw(folder.finish(parts, {"updates": updates}), folder)


def parameters(snapshot):
    """The weights before the first and before the last update, for the decision boundaries."""
    return snapshot.params


def draw(record: xr.DataTree, folder: Folder) -> None:
    """Figures, table and verdict, from the record alone."""
    reports = {n: node["report"].to_dataset().isel(trial=0) for n, node in record.children.items()}
    one = next(iter(reports.values()))
    updates, seeds = int(one.updates[-1]), one.sizes["seed"]
    names, optimizers = list(reports), one.optimizer.values.tolist()
    wilson = np.array([[_wilson(_solved(r, o)) for o in optimizers] for r in reports.values()])
    rates = xr.DataArray(
        wilson,
        {"architecture": names, "optimizer": optimizers, "limit": ["low", "estimate", "high"]},
    )
    reached = {n: {o: _reached(r, o) for o in optimizers} for n, r in reports.items()}
    steps = one.updates.values[1:]
    solved = xr.DataArray(
        [
            [(reached[n][MAIN].hit & (reached[n][MAIN].time <= t)).mean() for t in steps]
            for n in names
        ],
        {"architecture": names, "updates": steps},
    )
    caption = (
        f"Budget: {updates:,} updates of all four corners; rate chosen among "
        f"{record[names[0]]['tuning'].sizes['trial']} on "
        f"{record[names[0]]['tuning'].sizes['seed']} tuning seeds; "
    )
    plots.save(
        success_rates(
            rates,
            solved,
            {name: i for i, name in enumerate(names)},
            f"{caption}{seeds} fresh seeds, 95 % Wilson intervals.\nSolved: all four corners on "
            "their side of ½. Left: at the end; right: at the first evaluation, every 2 % of the "
            "budget.",
        ),
        folder.path / "success.png",
    )
    plots.save(
        boundaries(
            _surfaces(reports),
            f"{caption}{MAIN}. Orange: class 1, purple: class 0,\nblack line: probability ½. The "
            f"first of {seeds} fresh seeds that solves XOR, and the first that does not.",
        ),
        folder.path / "boundaries.png",
    )
    header = ["architecture", "optimizer", "rate", "solved", "95 % Wilson", "median updates"]
    rows = [
        [
            name,
            o,
            f"{float(reports[name].learning_rate.sel(optimizer=o)):.2g}",
            f"{rates.sel(architecture=name, optimizer=o, limit='estimate'):.1%}",
            "–".join(f"{x:.1%}" for x in rates.sel(architecture=name, optimizer=o).values[[0, 2]]),
            _updates(float(statistics.median_time(reached[name][o]))),
        ]
        for name in names
        for o in optimizers
    ]
    page = f"# XOR by small networks\n\n{markdown(header, rows)}\n{verdict(rates, reached)}\n"
    folder.text("table.md", page)
    folder.text("table.csv", comma_separated(header, rows))
    print("\n" + page + f"\nfigures, tables and record: {folder.path}")


Reached = Mapping[str, Mapping[str, statistics.TimeToTarget]]


def verdict(rates: xr.DataArray, reached: Reached) -> str:
    """The textbook's three claims, under each optimizer."""
    names, lines = rates.architecture.values.tolist(), []
    for o in rates.optimizer.values.tolist():
        at = rates.sel(optimizer=o)
        if "2-2-1 sigmoid" in names:
            low, middle, high = at.sel(architecture="2-2-1 sigmoid").values
            said = _judge(high < 0.95, low >= 0.95)
            lines.append(
                f"- *2-2-1 sigmoid often fails* (in more than 5 % of starts), {o}: {said}; it "
                f"fails in {1 - middle:.1%} ({1 - high:.1%}–{1 - low:.1%})."
            )
        if "2-4-1 sigmoid" in names:
            low, middle, high = at.sel(architecture="2-4-1 sigmoid").values
            said = _judge(low > 0.95, high <= 0.95)
            lines.append(
                f"- *2-4-1 sigmoid succeeds* (in more than 95 %), {o}: {said}; it succeeds in "
                f"{middle:.1%} ({low:.1%}–{high:.1%})."
            )
        if {"2-4-1 sigmoid", "2-4-1 ReLU"} <= set(names):
            relu, sigmoid = (reached[n][o] for n in ("2-4-1 ReLU", "2-4-1 sigmoid"))
            both = relu.hit & sigmoid.hit
            for which, kept in (
                (f"where both succeed ({both.sum()} starts)", both),
                ("a failure counted at the whole budget", np.ones_like(both)),
            ):
                if kept.sum() < 2:
                    continue
                gap = statistics.paired_difference(relu.time[kept], sigmoid.time[kept])
                said = _judge(bool(gap.high < 0), bool(gap.low > 0))
                lines.append(
                    f"- *2-4-1 ReLU is faster than 2-4-1 sigmoid*, {o}, {which}: {said}; mean "
                    f"difference {gap.estimate:+.0f} updates ({gap.low:+.0f} to {gap.high:+.0f})."
                )
    note = "Intervals are 95 %: Wilson for shares, t over paired seeds for differences."
    return "**Verdict.**\n" + "\n".join(lines) + f"\n\n{note}"


def _judge(held: bool, refuted: bool) -> str:
    return "held" if held else "did not hold" if refuted else "inconclusive"


def _solved(report: xr.Dataset, optimizer: str) -> np.ndarray:
    return report.validation_accuracy.sel(optimizer=optimizer).isel(step=-1).values > 0.999


def _reached(report: xr.Dataset, optimizer: str) -> statistics.TimeToTarget:
    wrong = 1 - report.validation_accuracy.sel(optimizer=optimizer).transpose("seed", "step")
    return statistics.time_to_target(wrong.values, report.updates.values, 1e-3)


def _wilson(hits: np.ndarray) -> tuple[float, float, float]:
    test = stats.binomtest(int(hits.sum()), hits.size)
    limits = test.proportion_ci(method="wilson")
    return float(limits.low), float(hits.mean()), float(limits.high)


def _surfaces(reports: Mapping[str, xr.Dataset]) -> xr.Dataset:
    """Probabilities over the square for one seed of each outcome."""
    axis = np.linspace(-0.4, 1.4, 73)
    points = jnp.asarray(np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2), jnp.float32)
    shape = (len(reports), 2, axis.size, axis.size)
    surfaces, chosen = np.full(shape, np.nan), np.full(shape[:2], -1)
    by_name = {a.name: a.activation for a in ARCHITECTURES}
    for i, (name, report) in enumerate(reports.items()):
        outcome = _solved(report, MAIN)
        for j, wanted in enumerate((True, False)):
            seeds = np.flatnonzero(outcome == wanted)
            if seeds.size == 0:
                continue
            last = report.sel(optimizer=MAIN).isel(seed=seeds[0], probe_step=-1)
            layers = [
                bp.Layer(
                    jnp.asarray(last[f"probe_{k}_weights"].values),
                    jnp.asarray(last[f"probe_{k}_bias"].values),
                )
                for k in range(2)
            ]
            logits = bp.forward(layers, points, (by_name[name], "identity"))[-1]
            surfaces[i, j] = np.asarray(jax.nn.sigmoid(logits)).reshape(shape[2:])
            chosen[i, j] = seeds[0]
    return xr.Dataset(
        {
            "probability": (("architecture", "solved", "x2", "x1"), surfaces),
            "seed": (("architecture", "solved"), chosen),
        },
        {"architecture": list(reports), "solved": [True, False], "x1": axis, "x2": axis},
    )


def _updates(value: float) -> str:
    return f"{value:.0f}" if np.isfinite(value) else "never"


if __name__ == "__main__":
    main(Xor, run)
