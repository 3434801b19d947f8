"""Tables, verdicts and figures of the study of initialization, from its record alone."""

import xarray as xr

from lab import plots, records, statistics
from lab.study.cli import Folder
from lab.study.tables import comma_separated, markdown
from studies.activations.figures import plain
from studies.initialization import figures
from studies.initialization.verdict import (
    MATCHED,
    SPELT,
    depth_lines,
    outcome_lines,
    symmetry_lines,
)


def draw(record: xr.DataTree, folder: Folder) -> None:
    """Everything that is printed or drawn."""
    told = records.manifest(record)["configuration"]
    start, depth, symmetry = (record[k].to_dataset() for k in ("start", "depth", "symmetry"))
    outcome = {a: record[f"outcome/{a}"].to_dataset() for a in told["activations"]}
    before = (
        f"Digits, 256 rows, {told['layers']} hidden layers of {2 * told['width']}, biases 0, no "
        f"training; {told['seeds']} initial networks"
    )
    matched = "; ".join(f"{SPELT[i]} for {plain(a)}" for a, i in MATCHED.items())
    texts = {
        "outputs": f"{before}, shares averaged. Framed: the initializer made for the activation "
        f"({matched}). ReLU on a log scale, with 0 in the lowest bin.",
        "gradients": f"{before}, shares averaged; gradient of each weight of a hidden layer's "
        "kernel, with 0 in the lowest bin.",
        "profiles": f"{before}: mean and 95 % t interval. Cut at 10⁻¹² and 10¹²: what lies on the "
        "lower edge is 0 or less than that.",
        "depth": f"ReLU, no biases, one Gaussian input per network, {told['many']} networks. Left: "
        "mean, 95 % t interval, and 12 networks thin. Right: standard deviation of log moments, "
        "95 % BCa interval.",
        "outcome": f"Digits, {told['layers']} hidden layers of {told['width']}, SGD with momentum "
        f"0.9, {told['updates']} updates at batch 32, the best of {told['trials']} rates by "
        f"validation loss on {told['tuning']} other seeds for each; {told['seeds']} fresh seeds: "
        "points, mean, 95 % t interval. Orange: made for the activation; dotted: chance. "
        "A diverged run counts as 0 % correct.",
    }
    drawn = {
        "outputs": figures.distributions(start, "output", texts["outputs"]),
        "gradients": figures.distributions(start, "gradient", texts["gradients"]),
        "profiles": figures.profiles(start, texts["profiles"]),
        "depth": figures.depth(depth, texts["depth"]),
        "outcome": figures.outcome(outcome, texts["outcome"]),
    }
    for name, figure in drawn.items():
        plots.save(figure, folder.path / f"{name}.png")
    header, rows = _table(start, outcome)
    verdict = "\n".join([*depth_lines(depth), *symmetry_lines(symmetry), *outcome_lines(outcome)])
    text = (
        f"# Initialization\n\n{markdown(header, rows)}\n{texts['outcome']}\nOutput: root mean "
        "square at the last hidden layer; gradient: of the first hidden layer over the last; both "
        f"before training.\n\n## Verdict\n\n{verdict}\n"
    )
    folder.text("table.md", text)
    folder.text("table.csv", comma_separated(header, rows))
    print(f"{text}\nfigures, tables and record: {folder.path}")


def _table(start: xr.Dataset, outcome: dict[str, xr.Dataset]):
    header = ["activation, initializer", "output", "gradient", "rate", "test accuracy"]
    rows = []
    for activation, part in outcome.items():
        for name in part.initializer.values.tolist():
            look, end = (
                start.sel(activation=activation, initializer=name),
                part.sel(initializer=name),
            )
            first, last = (float(look.gradient_rms.isel(layer=i).mean()) for i in (0, -1))
            mean, low, _ = statistics.mean_interval(100 * end.accuracy.values)
            rows.append(
                [
                    f"{plain(activation)}, {SPELT[name]}",
                    f"{float(look.output_rms.isel(layer=-1).mean()):.2g}",
                    f"{first / last:.2g}" if last > 0 else "none",
                    f"{float(end.rate):.2g}{' (edge)' if bool(end.at_edge) else ''}",
                    f"{mean:.1f} ± {mean - low:.1f} %",
                ]
            )
    return header, rows
