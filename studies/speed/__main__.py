"""How fast is the lab, beside what one would otherwise write, and beside the machine's limits?

Panels: `throughput` (run-steps per second of `lab.sweep` and of plain ways), `updates` (one update
of every rule by hand beside optax), `checkpoints` (what keeping a sweep's state costs), `search`
(trials per second beside Optuna driving jitted steps, and Keras where it is installed), `executors`
(two processes of half the cores each beside one), `lanes` (what one costs by their
number), `evaluations` (what one per epoch costs), `widths` (how many lanes a group holds),
`first_figure` (where a user's time goes).
Whatever is compared runs in turn; ratios are formed within a round, medians over rounds count.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

import xarray as xr

import lab
from lab import plots
from lab.study.cli import Flags, Folder, main, opened
from lab.study.flags import Names, OneOf, Whole
from lab.study.tables import comma_separated, markdown
from lab.sweeps.devices.precision import full_precision
from studies.speed import (
    checkpoints,
    evaluations,
    executors,
    first_figure,
    lanes,
    throughput,
    updates,
    widths,
)
from studies.speed import search as searching
from studies.speed.device import start_on
from studies.speed.panel import Panel, Scope

PANELS = {
    "checkpoints": Panel(checkpoints.measure, checkpoints.drawn),
    "evaluations": Panel(evaluations.measure, evaluations.drawn),
    "first_figure": Panel(first_figure.measure, first_figure.drawn),
    "executors": Panel(executors.measure, executors.drawn),
    "lanes": Panel(lanes.measure, lanes.drawn),
    "search": Panel(searching.measure, searching.drawn),
    "throughput": Panel(throughput.measure, throughput.drawn),
    "updates": Panel(updates.measure, updates.drawn),
    "widths": Panel(widths.measure, widths.drawn),
}


@dataclass(frozen=True)
class Speed(Flags):
    """Flags of the speed study (`--seeds` has no meaning here: nothing is random but time)."""

    panels: Annotated[tuple[str, ...], Names(lambda: PANELS)] = tuple(PANELS)
    """Which panels, separated by commas."""
    rounds: Annotated[int | None, Whole(1, 10_000)] = None
    """Interleaved repetitions; by default each panel's own number."""
    optimizers: Annotated[tuple[str, ...], Names(updates.comparable)] = ()
    """Only these in the panel of updates; by default every rule that a gradient is enough for."""
    device: Annotated[Literal["cpu", "gpu", "tpu"] | None, OneOf("cpu", "gpu", "tpu")] = None
    """On which kind of device; by default the one that JAX prefers."""


def run(flags: Speed) -> None:
    """Measure one panel after the other."""
    folder = Folder(flags, "speed")
    if flags.from_ is not None:
        draw(opened(flags.from_, "speed"), folder)
        return
    start_on(flags.device)
    scope = Scope(flags.smoke, 2 if flags.smoke else flags.rounds, flags.optimizers)
    parts: dict[str, xr.Dataset] = {}
    with full_precision():  # of what the lab is compared with, too
        for name in flags.panels:
            parts[name] = folder.part(
                name,
                lambda held, name=name: (
                    held if held is not None else lab.records.stamp(PANELS[name].measure(scope), {})
                ),
            )
    draw(folder.finish(parts, {}), folder)


def draw(record: xr.DataTree, folder: Folder) -> None:
    """A figure and a table for each panel, from the record alone."""
    provenance = lab.records.manifest(record)["provenance"]
    machine = f"{provenance['devices']} {provenance['device']} devices"
    pages = []
    for name, node in record.children.items():
        figure, table = PANELS[name].drawn(node.to_dataset(), machine)
        plots.save(figure, folder.path / f"{name}.png")
        pages.append(f"## {table.title}\n\n{markdown(table.header, table.rows)}\n{table.text}\n")
        folder.text(f"{name}.csv", comma_separated(table.header, table.rows))
    text = "# Speed\n\n" + "\n".join(pages)
    folder.text("table.md", text)
    print(f"\n{text}\nfigures, tables and record: {folder.path}")


if __name__ == "__main__":
    main(Speed, run)
