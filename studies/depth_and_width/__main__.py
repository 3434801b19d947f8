"""More layers, or more neurons in one layer? Shapes of a network at equal parameter counts.

The printed pair, 512 against 128-64-32, differs in parameters too; beside it stand one, two and
three layers with as many parameters as 128-64-32. The rate is tuned for each shape with the same
trials, and each shape is measured on fresh seeds and the test split.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

import numpy as np
import xarray as xr

import lab
from lab import plots, protocol, statistics
from lab.foundations.counting import parameter_count
from lab.study.cli import Flags, Folder, main, opened
from lab.study.flags import Number, Whole
from lab.study.tables import comma_separated, markdown
from studies.depth_and_width.figures import Shape, depth_and_width

TASKS = ("digits", "mnist1d")
OPTIMIZER, SCHEDULE = "adam", "cosine_decay_schedule"
PYRAMID, PRINTED = (128, 64, 32), (512,)


@dataclass(frozen=True)
class DepthAndWidth(Flags):
    """Flags of the study of depth and width."""

    trials: Annotated[int, Whole(2, 1_000)] = 7
    """Learning rates tried for each shape."""
    epochs: Annotated[float, Number(0, 1e6, ends=False)] = 20
    """Budget of every run, in passes over the training rows."""
    batch_size: Annotated[int, Whole(1, 1_000_000)] = 32
    """Examples per update."""


class Claim(NamedTuple):
    """A preference between two shapes, by key."""

    name: str  # on the figure
    says: str
    better: str
    worse: str


CLAIMS = (
    Claim(
        "128-64-32 − 512", "three narrowing layers beat one of 512 (more parameters)",
        "pyramid", "printed",
    ),
    Claim(
        "128-64-32 − one layer", "three layers beat one layer of equal size",
        "pyramid", "one",
    ),
    Claim(
        "128-64-32 − three equal", "a pyramid beats equal widths of equal size",
        "pyramid", "three",
    ),
)  # fmt: skip


def shapes(features: int, classes: int) -> dict[str, tuple[int, ...]]:
    """Hidden widths by key; all but `printed` have the parameters of 128-64-32, nearly."""
    wanted = parameter_count([features, *PYRAMID, classes])

    def scaled(proportions: Sequence[int]) -> tuple[int, ...]:
        def widths(scale: int) -> tuple[int, ...]:
            return tuple(max(1, round(p * scale / 8)) for p in proportions)

        return min(
            (widths(scale) for scale in range(1, 8000)),
            key=lambda w: abs(parameter_count([features, *w, classes]) - wanted),
        )

    return {
        "printed": PRINTED,
        "one": scaled((1,)),
        "two": scaled((1, 1)),
        "three": scaled((1, 1, 1)),
        "pyramid": PYRAMID,
        "reverse": scaled((1, 2, 4)),
    }


def run(flags: DepthAndWidth) -> None:
    """Tune each shape, report it, draw."""
    folder = Folder(flags, "depth_and_width")
    if flags.from_ is not None:
        draw(opened(flags.from_, "depth_and_width"), folder)
        return
    tune = protocol.phase_seeds(protocol.TUNE, 2 if flags.smoke else 3)
    fresh = protocol.phase_seeds(protocol.REPORT, flags.seeds or (2 if flags.smoke else 20))
    space = lab.optimizers.CATALOG[OPTIMIZER].search_space["learning_rate"]
    grids = protocol.rate_grid({OPTIMIZER: space}, 2 if flags.smoke else flags.trials)
    settings: dict[str, Any] = {
        "budget": lab.Budget(epochs=0.5 if flags.smoke else flags.epochs),
        "batch_size": flags.batch_size,
        "schedule": SCHEDULE,
    }
    parts = {}
    for name in TASKS[: 1 if flags.smoke else None]:
        entry = lab.tasks.CATALOG[name]
        source: Any = entry.make().source
        chosen = shapes(source.n_features, source.n_classes)
        if flags.smoke:
            chosen = {key: chosen[key] for key in ("printed", "pyramid")}
        for key, widths in chosen.items():
            task = entry.make(widths=widths)
            print(f"{name}: {'-'.join(map(str, widths))}")
            tuning = folder.part(
                f"{name}.{key}.tuning",
                lambda held, task=task: lab.sweep(
                    task, [OPTIMIZER], trials=grids, seeds=tune, extend=held, evaluations=1,
                    **settings,
                ),
            )  # fmt: skip
            selection = protocol.select(tuning)
            rate = float(selection.learning_rate.sel(optimizer=OPTIMIZER))
            report = folder.part(
                f"{name}.{key}.report",
                lambda _, task=task, rate=rate: protocol.report(
                    task, [OPTIMIZER], {OPTIMIZER: [{"learning_rate": rate}]}, seeds=fresh,
                    evaluations=4 if flags.smoke else 20, **settings,
                ),
            )  # fmt: skip
            parts[f"{name}/{key}/tuning"] = tuning.assign_attrs(
                at_edge=int(selection.at_edge.sel(optimizer=OPTIMIZER))
            )
            parts[f"{name}/{key}/report"] = report.assign_attrs(
                widths="-".join(map(str, widths)),
                parameters=parameter_count([source.n_features, *widths, source.n_classes]),
            )
    configuration = {"flags": {k: str(v) for k, v in vars(flags).items()}}
    draw(folder.finish(parts, configuration), folder)


def draw(record: xr.DataTree, folder: Folder) -> None:
    """Figure, table and verdict, from the record alone."""
    reports = {
        task: {key: leaf["report"].to_dataset() for key, leaf in node.children.items()}
        for task, node in record.children.items()
    }
    described, losses, curves, gaps = {}, {}, {}, {}
    comparisons = len(CLAIMS) * len(reports)
    for task, by_key in reports.items():
        described[task] = [
            Shape(r.attrs["widths"], int(r.attrs["parameters"])) for r in by_key.values()
        ]
        loss = {key: r.test_loss.values.ravel() for key, r in by_key.items()}
        losses[task] = np.stack(list(loss.values()))
        curves[task] = xr.concat(
            [r.validation_loss.isel(optimizer=0, trial=0, drop=True) for r in by_key.values()],
            "network",
            coords="minimal",
            compat="override",
        )
        gaps[task] = {
            claim.name: statistics.paired_difference(
                loss[claim.better], loss[claim.worse], comparisons=comparisons
            )
            for claim in CLAIMS
            if claim.worse in loss
        }
    one_task = next(iter(record.children.values()))
    one = next(iter(one_task.children.values()))
    seeds, tuning = one["report"].sizes["seed"], one["tuning"]
    updates = [f"{int(next(iter(r.values())).updates[-1]):,}" for r in reports.values()]
    plots.save(
        depth_and_width(
            described,
            losses,
            curves,
            gaps,
            f"Budget: {' / '.join(updates)} updates ({' / '.join(reports)}), {OPTIMIZER}, cosine "
            f"schedule; rate chosen for each shape among {tuning.sizes['trial']} on "
            f"{tuning.sizes['seed']} tuning seeds.\nTest loss: {seeds} fresh seeds (ticks), mean "
            "and 95 % t interval. Differences: paired by seed, simultaneous 95 % intervals "
            f"({comparisons} comparisons).\nCurves: mean and 95 % interval of the mean.",
        ),
        folder.path / "shapes.png",
    )
    header = ["task", "hidden layers", "parameters", "best rate", "test error %", "test loss"]
    rows = []
    for task, by_key in reports.items():
        for key, report in by_key.items():
            edge = " (edge)" if record[task][key]["tuning"].attrs["at_edge"] else ""
            error = 100 * (1 - report.test_accuracy.values.ravel())
            rows.append([
                task, report.attrs["widths"], f"{int(report.attrs['parameters']):,}",
                f"{report.learning_rate.item():.2g}{edge}", _with_interval(error, 2),
                _with_interval(report.test_loss.values.ravel(), 4),
            ])  # fmt: skip
    page = f"# Depth and width\n\n{markdown(header, rows)}\n{verdict(gaps, comparisons)}\n"
    folder.text("table.md", page)
    folder.text("table.csv", comma_separated(header, rows))
    print("\n" + page + f"\nfigures, tables and record: {folder.path}")


def verdict(gaps: dict[str, dict[str, statistics.Interval]], comparisons: int) -> str:
    """Each claim on each task, by test loss, which the rates were tuned for on validation rows."""
    lines = []
    for claim in CLAIMS:
        for task, by_claim in gaps.items():
            if claim.name not in by_claim:
                continue
            gap = by_claim[claim.name]
            said = "held" if gap.high < 0 else "did not hold" if gap.low > 0 else "inconclusive"
            if said == "did not hold":
                said = "did not hold, the opposite did"
            lines.append(
                f"- *{claim.says[0].upper()}{claim.says[1:]}*, {task}: {said}; test loss "
                f"{float(gap.estimate):+.3f} ({float(gap.low):+.3f} to {float(gap.high):+.3f})."
            )
    note = (
        f"Paired by seed, simultaneous 95 % t intervals over {comparisons} comparisons. One split, "
        "one optimizer, one budget: other data may prefer other shapes."
    )
    return (
        "**Verdict on “prefer more layers to more neurons”.**\n" + "\n".join(lines) + f"\n\n{note}"
    )


def _with_interval(values: np.ndarray, digits: int) -> str:
    mean, low, _ = statistics.mean_interval(values)
    return f"{mean:.{digits}f} ± {mean - low:.{digits}f}"


if __name__ == "__main__":
    main(DepthAndWidth, run)
