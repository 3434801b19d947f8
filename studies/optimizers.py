"""Which optimizer, at which learning rate? Equal budgets, equal trials, fresh seeds, test data.

Every optimizer of the catalogue gets the same number of learning rates, log-spaced over its
declared space. The best by validation loss is trained again on fresh seeds and measured on the
test split, which nothing before has seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import optax
import xarray as xr

import lab
from lab import plots, protocol, records, statistics
from lab.catalog import OptimizerEntry
from lab.errors import require
from lab.tasks import Task
from studies._cli import DataFlags, Folder, main, opened
from studies._tables import comma_separated, markdown

SCHEDULES = ("cosine_decay_schedule", "constant_schedule")
MAIN = SCHEDULES[0]


@dataclass(frozen=True)
class Optimizers(DataFlags):
    """Flags of the optimizer comparison."""

    optimizers: str = "all"
    """Names out of the catalogue, separated by commas; or all."""
    tasks: str = "digits,mnist1d"
    """Bundled tasks, separated by commas; ignored with --data."""
    trials: int = 12
    """Learning rates tried for each optimizer."""
    epochs: float = 20
    """Budget of every run, in passes over the training rows."""
    batch_size: int = 32
    """Examples per update."""


def run(flags: Optimizers) -> None:
    """Tune, report, draw."""
    if flags.from_ is not None:
        draw(opened(flags.from_, "optimizers"), Folder(flags, "optimizers"))
        return
    require(flags.trials >= 1, f"--trials must be at least 1, given {flags.trials}.")
    catalogue = lab.optimizers.CATALOG
    asked = list(catalogue) if flags.optimizers == "all" else _listed(flags.optimizers)
    left_out = {name: reason for name in asked if (reason := _needs_more(catalogue[name]))}
    names = [name for name in asked if name not in left_out]
    require(len(names) > 0, f"--optimizers: none can be ranked: {left_out}.")
    grids = protocol.rate_grid(
        {name: catalogue[name].search_space["learning_rate"] for name in names},
        4 if flags.smoke else flags.trials,
    )
    tune = protocol.phase_seeds(protocol.TUNE, 2 if flags.smoke else 3)
    fresh = protocol.phase_seeds(protocol.REPORT, flags.seeds or (2 if flags.smoke else 12))
    settings: dict[str, Any] = {
        "budget": lab.Budget(epochs=1 if flags.smoke else flags.epochs),
        "batch_size": flags.batch_size,
        "evaluations": 4 if flags.smoke else 20,
    }
    folder, parts = Folder(flags, "optimizers"), {}
    for task in _tasks(flags):
        print(f"{task.name}: tuning {len(names)} optimizers, {len(tune)} seeds, both schedules")
        tuning = parts[f"{task.name}/tuning"] = folder.part(
            f"{task.name}.tuning",
            lambda held, task=task: lab.sweep(
                task, names, trials=grids, axes={"schedule": SCHEDULES}, seeds=tune, extend=held,
                **settings,
            ),
        )  # fmt: skip
        chosen = protocol.chosen_trials(protocol.select(tuning))
        print(f"{task.name}: reporting on {len(fresh)} fresh seeds and the test split")
        parts[f"{task.name}/report"] = folder.part(
            f"{task.name}.report",
            lambda held, task=task, chosen=chosen: protocol.report(
                task, names, chosen, seeds=fresh, extend=held, **settings
            ),
        )
    described = {"flags": {k: str(v) for k, v in vars(flags).items()}, "left_out": left_out}
    record = folder.finish(parts, described)
    draw(record, folder)


def _needs_more(entry: OptimizerEntry) -> str | None:
    """Why an optimizer cannot be ranked at equal numbers of stochastic gradients, if so."""
    if entry.gradient_evaluations != 1:
        return f"takes {entry.gradient_evaluations:g} gradient evaluations an update"
    if "learning_rate" not in entry.search_space:
        return "has no learning rate to tune"
    return None


class Result(NamedTuple):
    """What the statistics say about one task."""

    tuning: xr.Dataset
    report: xr.Dataset
    selection: protocol.Selection
    ranked: list[str]  # by mean test loss under the main schedule
    tied: list[str]  # not to be told from the best, the best first
    target: float


def draw(record: xr.DataTree, folder: Folder) -> None:
    """Figures, tables and verdict, from the record alone."""
    results = {name: _result(node) for name, node in record.children.items()}
    mean_place = {
        name: np.mean([r.ranked.index(name) for r in results.values()])
        for name in next(iter(results.values())).ranked
    }
    look = plots.looks(sorted(mean_place, key=lambda name: mean_place[name]))
    text = _caption(results)
    plots.save(
        plots.learning_curves({k: r.report for k, r in results.items()}, look, text["curves"]),
        folder.path / "curves.png",
    )
    plots.save(
        plots.rate_sensitivity(
            {k: r.tuning for k, r in results.items()},
            {k: r.selection for k, r in results.items()},
            look, MAIN, text["rates"],
        ),
        folder.path / "rates.png",
    )  # fmt: skip
    plots.save(
        plots.ranking(
            {k: _test_loss(r.report) for k, r in results.items()},
            {k: r.tied for k, r in results.items()},
            text["ranking"],
        ),
        folder.path / "ranking.png",
    )
    pages, flat = [], []
    for name, result in results.items():
        rows = [_row(result, optimizer) for optimizer in result.ranked]
        header = list(rows[0])
        pages.append(f"## {name}\n\n" + markdown(header, [list(r.values()) for r in rows]))
        pages.append(_verdict(name, result))
        flat += [{"task": name} | row for row in rows]
    left_out = records.manifest(record)["configuration"]["left_out"]
    if left_out:
        reasons = "\n".join(f"- `{name}` {reason}" for name, reason in left_out.items())
        pages.append(f"## Not ranked: needs more than a stochastic gradient\n\n{reasons}\n")
    page = "# Optimizers at equal budget\n\n" + "\n".join(pages)
    folder.text("table.md", page)
    keys = list(dict.fromkeys(key for row in flat for key in row))
    folder.text(
        "table.csv", comma_separated(keys, [[row.get(key, "") for key in keys] for row in flat])
    )
    print("\n" + page)
    print(f"figures, tables and record: {folder.path}")


def _result(node: xr.DataTree) -> Result:
    tuning, report = node["tuning"].to_dataset(), node["report"].to_dataset()
    selection = protocol.select(tuning)
    loss = _test_loss(report)
    ranked = loss.optimizer.values[np.argsort(loss.mean("seed").values, kind="stable")].tolist()
    best = loss.sel(optimizer=ranked[0]).values
    tied = [ranked[0]]
    for name in ranked[1:]:
        gap = statistics.paired_difference(
            loss.sel(optimizer=name).values, best, comparisons=len(ranked) - 1
        )
        if gap.low <= 0:
            tied.append(name)
    reference = "adamw" if "adamw" in ranked else ranked[0]
    target = protocol.target_loss(tuning.sel(schedule=MAIN), _under_main(selection), reference)
    return Result(tuning, report, selection, ranked, tied, target)


def _under_main(selection: protocol.Selection) -> protocol.Selection:
    return protocol.Selection(*(part.sel(schedule=MAIN) for part in selection))


def _test_loss(report: xr.Dataset) -> xr.DataArray:
    return report.test_loss.isel(trial=SCHEDULES.index(MAIN))


def _row(result: Result, name: str) -> dict[str, str]:
    """One line of the table, under the main schedule."""
    report = result.report.sel(optimizer=name).isel(trial=SCHEDULES.index(MAIN))
    chosen = _under_main(result.selection)
    edge = " (edge)" if bool(chosen.at_edge.sel(optimizer=name)) else ""
    reached = statistics.time_to_target(
        report.validation_loss.values, report.updates.values, result.target
    )
    tested = [str(v) for v in report.data_vars if str(v).startswith("test_")]
    return {
        "optimizer": name + (" =" if name in result.tied else ""),
        "best rate": f"{float(chosen.learning_rate.sel(optimizer=name)):.2g}{edge}",
        **{
            metric.removeprefix("test_").replace("_", " "): _with_interval(report[metric].values)
            for metric in tested
        },
        f"updates to {result.target:.3g}": _number(float(statistics.median_time(reached))),
        "reached": f"{float(statistics.hit_rate(reached)):.0%}",
        "diverged": f"{float((report.diverged_at >= 0).mean()):.0%}",
    }


def _with_interval(values: np.ndarray) -> str:
    mean, low, _ = statistics.mean_interval(values)
    return f"{mean:.4f} ± {mean - low:.4f}" if np.isfinite(mean) else _number(float(mean))


def _number(value: float) -> str:
    return f"{value:.0f}" if np.isfinite(value) else "never"


def _verdict(task: str, result: Result) -> str:
    best, count = result.ranked[0], result.report.sizes["seed"]
    trials, tune = result.tuning.sizes["trial"], result.tuning.sizes["seed"]
    if len(result.tied) == 1:
        says = f"On {task}, `{best}` has the least test loss of {len(result.ranked)} optimizers"
    else:
        others = ", ".join(f"`{name}`" for name in result.tied[1:])
        says = f"On {task}, `{best}` cannot be told from {others}"
    lines = [
        f"**Verdict.** {says}: paired differences over {count} report seeds, 95 % simultaneous t "
        f"intervals (Bonferroni), {trials} trials on {tune} tuning seeds each. `=` marks the best "
        "and what ties with it. This compares tuned settings on one split: another split or "
        "another draw of trials may rank close ones differently.",
    ]
    edges = [
        n for n in result.ranked if bool(_under_main(result.selection).at_edge.sel(optimizer=n))
    ]
    if edges:
        lines.append(
            f"**At the edge.** The best rate of {', '.join(edges)} is the first or last of its "
            "grid: a wider space might serve it better."
        )
    lines.append("**Use this.**\n\n```python\n" + _code(result) + "```\n")
    return "\n\n".join(lines)


def _code(result: Result) -> str:
    """The best, and what ties with it, in optax where optax has it."""
    steps = int(result.report.updates[-1])
    rates = _under_main(result.selection).learning_rate
    lines = [
        "import optax" + ("" if all(hasattr(optax, n) for n in result.tied) else ", lab"),
        "",
        f"steps = {steps}",
    ]
    for place, name in enumerate(result.tied):
        home = "optax" if hasattr(optax, name) else "lab.optimizers"
        rate = f"optax.{MAIN}({float(rates.sel(optimizer=name)):.3g}, steps)"
        note = "" if place == 0 else "# as good: "
        lines.append(f"{note}optimizer = {home}.{name}({rate})")
    return "\n".join(lines) + "\n"


def _caption(results: dict[str, Result]) -> dict[str, str]:
    one = next(iter(results.values()))
    updates = " / ".join(f"{int(r.report.updates[-1]):,}" for r in results.values())
    budget = f"Budget: {updates} updates ({' / '.join(results)})"
    seeds, tune = one.report.sizes["seed"], one.tuning.sizes["seed"]
    trials = f"{one.tuning.sizes['trial']} learning rates for every optimizer, {tune} tuning seeds"
    many = len(one.ranked) > plots.NAMED
    named = f" The {plots.NAMED} best are named, the others grey." if many else ""
    return {
        "curves": f"{budget}; mean over {seeds} fresh seeds, 95 % interval of the mean; "
        f"rate chosen among {trials}.{named}",
        "rates": f"{budget}; {trials}: mean and range. Rings: the rate chosen by validation "
        f"loss.{named}",
        "ranking": f"{budget}; cosine schedule; mean over {seeds} fresh seeds, 95 % t interval. "
        "Blue circles: not to be told from the best (paired, simultaneous 95 %).",
    }


def _tasks(flags: Optimizers) -> Sequence[Task]:
    table = flags.own_table()
    if table is not None:
        return [lab.tasks.supervised(lab.data.source(table))]
    names = _listed(flags.tasks)
    return [lab.tasks.CATALOG[name].make() for name in names[: 1 if flags.smoke else None]]


def _listed(names: str) -> list[str]:
    listed = [name.strip() for name in names.split(",") if name.strip()]
    require(len(listed) > 0, f"names are separated by commas, at least one; given {names!r}.")
    return listed


if __name__ == "__main__":
    main(Optimizers, run)
