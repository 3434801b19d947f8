"""Tables, figures and verdict of the study of regularization, from its record alone."""

import numpy as np
import xarray as xr

from lab import plots, records, statistics
from lab.study.cli import Folder
from lab.study.tables import comma_separated, markdown
from studies.regularization import figures
from studies.regularization.verdict import LEVEL, gains, outcome, outer, span, verdict


def draw(record: xr.DataTree, folder: Folder) -> None:
    """Everything that is printed or drawn."""
    told = records.manifest(record)["configuration"]
    tables = {name: record[f"{name}_table"].to_dataset() for name in told["rows"]}
    first = next(iter(told["rows"]))
    paths = record[f"{first}_paths"].to_dataset()
    found = {name: gains(table) for name, table in tables.items()}
    sizes = ", ".join(f"{name} {rows:,} training rows" for name, rows in told["rows"].items())
    how = (
        f"{sizes}; one layer of {told['width']} ReLU, Adam, {told['updates']} updates of batch "
        f"{told['batch']}, cosine schedule"
    )
    tuned = (
        f"each row tuned with {told['trials']} trials on the validation rows of each of "
        f"{told['splits']} redrawn splits, then {told['seeds']} fresh seeds on its test rows"
    )
    texts = {
        "ablation": f"{how}; {tuned}. Gains are paired by split (alone, pairs and all: against "
        "none; left out or added: against all); 95 % t intervals over splits. Colours: sign-flip "
        f"test, corrected by Holm over all rows of the data set, {LEVEL:.0%}.",
        "paths": f"{first}: {how.split('; ')[1]}, rate fixed. Mean over {paths.sizes['split']} "
        "splits, 95 % t interval. Strength: λ of each method's own formula. Histograms: one split, "
        "the strength with the least validation error; weights beyond ±0.6 are put there; grey: "
        f"the path of L1 at its least strength, {float(paths.value[0, 0]):.0e}.",
    }
    units = {n: outcome(t)[2].replace("%", "points of test error") for n, t in tables.items()}
    plots.save(figures.ablation(found, units, texts["ablation"]), folder.path / "ablation.png")
    unit = outcome(tables[first])[2]
    plots.save(figures.paths(paths, unit, texts["paths"]), folder.path / "paths.png")
    sections, flat = [], []
    for name, table in tables.items():
        header, rows = _table(table)
        sections.append(f"## {name}\n\n{markdown(header, rows)}")
        flat += [[name, *row] for row in rows]
    text = (
        f"# Regularization\n\n{how}; {tuned}. Mean, 95 % t interval over splits; gain: of the row "
        "over the one it is held against; p: sign-flip test over splits, adjusted by Holm over "
        "the table. Strength: the median of the splits' choices, of early stopping 1 over its "
        f"patience, in evaluations, of which there are {told['looks']}. Outer: most splits chose "
        "the largest (+) or the least (−) of the rates or strengths that were tried: beyond, more "
        "might be found.\n\n"
        + "\n".join(sections)
        + f"\n## Verdict\n\n{verdict(tables, paths, first)}"
    )
    folder.text("table.md", text)
    folder.text("table.csv", comma_separated(["data", *header], flat))
    print(f"{text}\nfigures, tables and record: {folder.path}")


def _table(table: xr.Dataset) -> tuple[list[str], list[list[str]]]:
    low, name, unit = outcome(table)
    header = [
        "row", f"{name}, {unit}", "test loss", "strength", "outer", "against", "gain", "p", "",
    ]  # fmt: skip
    told = {gain.row: gain for gain in gains(table)}
    rows = []
    for label in table.row.values.tolist():
        one, gain = table.sel(row=label), told.get(label)
        strengths = one.strength.values
        rows.append(
            [
                label,
                span(statistics.mean_interval(low.sel(row=label).values), ".2f"),
                span(statistics.mean_interval(one.loss.values), ".3f"),
                f"{np.median(strengths):.2g}" if one.kind.item() == "alone" else "",
                ", ".join(outer(one)),
                *(
                    [gain.against, span(gain.gain), f"{gain.p:.3f}", gain.verdict]
                    if gain
                    else ["", "", "", ""]
                ),
            ]
        )
    return header, rows
