"""Tables, verdicts and figures of the study of activations, from its record alone."""

import xarray as xr

from lab import plots, records, statistics
from lab.study.cli import Folder
from lab.study.tables import comma_separated, markdown
from studies.activations import figures
from studies.activations.runs import INITIALIZER, SATURATED
from studies.activations.verdict import dying_lines, outcome_lines, saturation_lines


def draw(record: xr.DataTree, folder: Folder) -> None:
    """Everything that is printed or drawn."""
    told = records.manifest(record)["configuration"]
    shapes, sat = record["shapes"].to_dataset(), record["saturation"].to_dataset()
    dying = {n: record[f"dying/{n}"].to_dataset() for n in ("relu", *told["remedies"])}
    outcome = {n: record[f"outcome/{n}"].to_dataset() for n in told["names"]}
    how = (
        f"Digits, hidden layers of {told['width']}, {told['updates']:,} updates at batch 32; "
        f"{told['seeds']} fresh seeds, mean and 95 % t interval"
    )
    tuned = (
        f"SGD with momentum 0.9, the best of the same {told['trials']} rates by validation loss on "
        f"{told['tuning']} other seeds"
    )
    texts = {
        "shapes": "The catalogue; slopes by automatic differentiation. “Gradient ×”: what the "
        "slope makes of the root mean square of a gradient where z ~ N(0, 1), √E f′(z)². PReLU as "
        "it begins, with a slope of ¼.",
        "saturation": f"{how}. {sat.sizes['layer']} hidden layers, Glorot weights times the scale; "
        f"{tuned}, for every scale. Saturated: pairs of unit and example of a batch with a slope "
        f"below {SATURATED:.0%} of the largest.",
        "dying": f"{how}. 2 hidden layers, He weights, no rate tuned. Dead: slope 0 on every "
        "training row. A diverged run has accuracy 0, and the dead units it had then.",
        "outcome": f"{how}; points: seeds; orange: ReLU. {tuned}. Initial weights: "
        f"{_initializers(told['names'])}.",
    }
    drawn = {
        "shapes": figures.shapes(shapes, texts["shapes"]),
        "saturation": figures.saturation(sat, texts["saturation"]),
        "dying": figures.dying(dying, texts["dying"]),
        "outcome": figures.outcome(outcome, texts["outcome"]),
    }
    for name, figure in drawn.items():
        plots.save(figure, folder.path / f"{name}.png")
    header, rows = _table(shapes, outcome)
    verdict = "\n".join([*saturation_lines(sat), *dying_lines(dying), *outcome_lines(outcome)])
    text = (
        f"# Activations\n\n{markdown(header, rows)}\n{texts['outcome']}\n\n"
        f"## Verdict\n\n{verdict}\n"
    )
    folder.text("table.md", text)
    folder.text("table.csv", comma_separated(header, rows))
    print(f"{text}\nfigures, tables and record: {folder.path}")


def _initializers(names: list[str]) -> str:
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(INITIALIZER[name].split("_")[0].capitalize(), []).append(name)
    listed = {"Lecun": "LeCun"}
    return "; ".join(
        f"{listed.get(k, k)} for {', '.join(figures.plain(n) for n in v)}" for k, v in found.items()
    )


def _table(shapes: xr.Dataset, outcome: dict[str, xr.Dataset]):
    depths = next(iter(outcome.values())).layers.values.tolist()
    header = ["activation", "slope at 0", "largest slope", "gradient ×"]
    header += [f"{d} layers: {what}" for d in depths for what in ("test accuracy", "rate")]
    rows = []
    for name, part in outcome.items():
        shape = shapes.sel(activation=name)
        row = [
            figures.plain(name),
            f"{float(shape.slope.sel(x=0, method='nearest')):.2f}",
            f"{float(shape.slope.max()):.2f}",
            f"{float(shape.factor):.2f}",
        ]
        for depth in depths:
            one = part.sel(layers=depth)
            mean, low, _ = statistics.mean_interval(100 * one.accuracy.values)
            edge = " (edge)" if bool(one.at_edge) else ""
            row += [f"{mean:.1f} ± {mean - low:.1f} %", f"{float(one.rate):.2g}{edge}"]
        rows.append(row)
    return header, rows
