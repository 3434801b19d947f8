"""Tables, verdicts and figures of the study of gradient flow, from its record alone."""

import numpy as np
import xarray as xr

from lab import plots, records, statistics
from lab.study.cli import Folder
from lab.study.tables import comma_separated, markdown
from studies.gradient_flow import figures
from studies.gradient_flow.verdict import SAID, flow_lines, region_lines, table_lines
from studies.initialization.verdict import SPELT


def draw(record: xr.DataTree, folder: Folder) -> None:
    """Everything that is printed or drawn."""
    told = records.manifest(record)["configuration"]
    stalled = record["stalled"].to_dataset()
    # the smoke form has none
    regions = [record["region"].to_dataset()] if "region" in record else []
    remedies = {n: record[f"remedies/{n}"].to_dataset() for n in told["remedies"]}
    flows = {n: record[f"flow/{n}"].to_dataset() for n in told["activations"]}
    seeds = told["seeds"]
    fresh = f"{seeds} fresh seeds, mean and 95 % t interval"
    watched = (
        f"{told['layers']} hidden layers of {told['width']} and the output, but for “4 layers”; "
        f"Glorot but where another initializer is named; SGD with momentum 0.9 at rate "
        f"{told['watched']:g}, batch 16"
    )
    texts = {
        "heat": f"Digits, {watched}; norm over all parameters of a layer, mean of its logarithm "
        f"over {seeds} seeds. White: no such layer, or a seed diverged.",
        "region": f"Digits, sigmoid nets of width {told['narrow']}, SGD with momentum 0.9, "
        f"{told['short']} updates at batch 16; mean of {seeds} seeds, and on the right the best of "
        "all rates by that mean. A diverged run has 0.",
        "remedies": f"Digits, {told['layers']} sigmoid layers of {told['width']} under Glorot but "
        f"for what is named (fewer: 2), {told['updates']} updates at batch 16; {fresh}, points: "
        f"seeds; dotted: chance. Above the line (orange) the best of all {told['trials']} rates on "
        f"these seeds, which flatters; below the best by validation loss on {told['tuning']} "
        "others.",
        "layers": f"Digits, sigmoid; {watched}. Geometric mean over {seeds} seeds and 95 % t "
        "interval.",
    }
    drawn = {
        "heat": figures.heat(flows, texts["heat"]),
        "remedies": figures.remedies(stalled, remedies, texts["remedies"]),
        "layers": figures.layers(flows["sigmoid"], texts["layers"]),
    }
    for name, figure in drawn.items():
        plots.save(figure, folder.path / f"{name}.png")
    for found in regions:
        plots.save(figures.region(found, texts["region"]), folder.path / "region.png")
    header, rows = _table(stalled, remedies)
    by_depth = [line for found in regions for line in region_lines(found)]
    verdict = "\n".join(
        [*table_lines(stalled, remedies, told["layers"]), *flow_lines(flows), *by_depth]
    )
    text = (
        f"# Gradient flow\n\n{markdown(header, rows)}\n{texts['remedies']}\n\n"
        f"## Verdict\n\n{verdict}\n"
    )
    folder.text("table.md", text)
    folder.text("table.csv", comma_separated(header, rows))
    print(f"{text}\nfigures, tables and record: {folder.path}")


def _table(stalled: xr.Dataset, remedies: dict[str, xr.Dataset]):
    rules = stalled.optimizer.values.tolist()
    header = ["net", *(f"{SAID[r]}: {what}" for r in rules for what in ("rate", "accuracy"))]
    rows = []
    for name in stalled.initializer.values.tolist():
        row = [SPELT[name]]
        for rule in rules:
            own = stalled.accuracy.sel(optimizer=rule, initializer=name).transpose("rate", "seed")
            at = int(np.argmax(own.values.mean(-1)))
            rate = float(stalled.learning_rate.sel(optimizer=rule)[at])
            row += [f"{rate:.2g}", _share(own.values[at])]
        rows.append(row)
    for name, part in remedies.items():
        row = [name]
        for rule in rules:
            one = part.sel(optimizer=rule)
            edge = " (edge)" if bool(one.at_edge) else ""
            row += [f"{float(one.rate):.2g}{edge}", _share(one.accuracy.values)]
        rows.append(row)
    return header, rows


def _share(values: np.ndarray) -> str:
    mean, low, _ = statistics.mean_interval(100 * values)
    return f"{mean:.1f} ± {mean - low:.1f} %"
