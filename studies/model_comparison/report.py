"""Tables, figures and verdict of the comparison of models, from its record alone."""

import numpy as np
import xarray as xr

from lab import plots, records, statistics
from lab.study.cli import Folder
from lab.study.tables import comma_separated, markdown
from studies.model_comparison import figures
from studies.model_comparison.verdict import (
    LEVEL,
    over_folds,
    pairs,
    points,
    ranked,
    span,
    verdict,
)


def draw(record: xr.DataTree, folder: Folder) -> None:
    """Everything that is printed or drawn."""
    told = records.manifest(record)["configuration"]
    parts = {str(name): node.to_dataset() for name, node in record.items()}
    units = {
        n: "%" if points(x)[1] == "points" else "in the target's units" for n, x in parts.items()
    }
    how = (
        f"{', '.join(f'{n} {rows:,} rows' for n, rows in told['rows'].items())}; "
        f"{told['repetitions']} × {told['folds']}-fold cross-validation: on each fold "
        f"{told['trials']} trials for each model, chosen on the next fold, then {told['seeds']} "
        f"fresh seeds on its test rows; nets: ReLU, Adam, cosine schedule, {told['updates']} "
        "updates of batch 32"
    )
    corrected = "95 % t interval, corrected for shared training rows (Nadeau & Bengio)"
    texts = {
        "errors": f"{how}. Left: mean and {corrected}; grey: single cross-validations; circles: "
        f"nets. Right: bold where Holm's correction over all pairs leaves p ≤ {LEVEL:g}.",
        "ranking": f"{how}. Rankings by some folds and seeds of one cross-validation, against the "
        f"ranking by all of the other {told['repetitions'] - 1}; mean and 95 % t interval over "
        "repetitions, which share their rows.",
    }
    plots.save(figures.errors(parts, units, texts["errors"]), folder.path / "errors.png")
    plots.save(figures.reliability(parts, texts["ranking"]), folder.path / "ranking.png")
    confused = {
        name: (best, found.confusion.sel(net=best).values)
        for name, found in parts.items()
        if "confusion" in found
        for best in [next(m for m in ranked(found) if m in found.net.values)]
    }
    if confused:
        text = f"{how}. The best net of each data set; test rows of all folds, mean over seeds."
        plots.save(plots.confusions(confused, text), folder.path / "confusion.png")
    header = ["model", "test error", "above the least", "p", "MFLOP"]
    sections, flat = [], []
    for name, found in parts.items():
        rows = _rows(found)
        sections.append(f"## {name}, test error {units[name]}\n\n{markdown(header, rows)}")
        flat += [[name, *row] for row in rows]
        if name in confused:
            best, matrix = confused[name]
            classes = found.actual.values.tolist()
            sections.append(f"By class, {best}:\n\n{by_class(classes, matrix)}")
    text = (
        f"# Comparison of models\n\n{how}. Mean over folds and seeds, {corrected}; p: of the "
        "difference to the model with the least error, adjusted by Holm over all pairs.\n\n"
        + "\n".join(sections)
        + f"\n## Verdict\n\n{verdict(parts)}"
    )
    folder.text("table.md", text)
    folder.text("table.csv", comma_separated(["data", *header], flat))
    print(f"{text}\nfigures, tables and record: {folder.path}")


def _rows(found: xr.Dataset) -> list[list[str]]:
    error, ratio, order = over_folds(found), float(found.ratio), ranked(found)
    tested = {x.worse: x for x in pairs(found) if x.better == order[0]}
    flops = dict(zip(found.net.values.tolist(), found.flops.values))
    rows = []
    for name in order:
        one = tested.get(name)
        rows.append([
            name, span(statistics.corrected_interval(error[name], ratio), ".2f"),
            span([-one.difference.estimate, -one.difference.high, -one.difference.low], "+.2f")
            if one else "",
            f"{one.p:.3f}" if one else "", f"{flops[name] / 1e6:,.0f}" if name in flops else "",
        ])  # fmt: skip
    return rows


def by_class(names: list[str], confusion: np.ndarray) -> str:
    """Precision, recall and F1 of every class, and their means.

    Args:
      names: [K].
      confusion: [actual, predicted] shares of the rows.
    """
    hit, actual, predicted = confusion.diagonal(), confusion.sum(1), confusion.sum(0)
    precision, recall = (hit / np.maximum(x, 1e-12) for x in (predicted, actual))
    f1 = 2 * hit / np.maximum(actual + predicted, 1e-12)
    columns = np.array([precision, recall, f1, actual]).T
    rows = [[str(n), *(f"{100 * v:.1f}" for v in row)] for n, row in zip(names, columns)]
    rows.append(["mean", *(f"{100 * v:.1f}" for v in columns.mean(0)[:3]), ""])
    return markdown(["class", "precision, %", "recall, %", "F1, %", "share of rows, %"], rows)
