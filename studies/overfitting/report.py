"""Tables, figures and verdict of the study of over-fitting, from its record alone."""

import xarray as xr

from lab import plots, records
from lab.study.cli import Folder
from lab.study.tables import comma_separated, markdown
from studies.overfitting import figures
from studies.overfitting.verdict import LARGE, diagnosed, span, verdict


def draw(record: xr.DataTree, folder: Folder) -> None:
    """Everything that is printed or drawn."""
    told = records.manifest(record)["configuration"]
    parts = {str(name): node.to_dataset() for name, node in record.items()}
    how = (
        f"Adam at a constant {told['rate']:g}, batch {told['batch']}, {told['updates']:,} updates "
        "whatever the rows"
    )
    net = f"MNIST-1D, 40-{told['width']}-10 ReLU"
    over = (
        f"mean over {told['splits']} redrawn learning sets ({told['seeds']} seeds each), 95 % t "
        "interval"
    )
    texts = {
        "curves": f"{net}, {how}; {over}. Training loss: of the batches since the point before. "
        "The star is the least of the mean.",
        "errors": f"MNIST-1D, one ReLU layer; {told['width']} units and {told['rows']} rows where "
        f"they are not the axis; {how}. Errors at the end (training: on the labels as given, "
        f"wrong ones too; validation: clean); {over}.",
        "boundaries": f"Two ReLU layers, {told['plane_rows']} training rows (shown), noise "
        f"{told['plane_noise']:g}; {how}. Ground: probability of class 1, line: one half; one "
        f"seed. Errors: mean over {told['splits']} redrawn learning sets.",
    }
    along = {"rows": parts["rows"], "width": parts["capacity"], "noise": parts["noise"]}
    drawn = {
        "curves": figures.curves(parts["curves"], texts["curves"]),
        "errors": figures.along(along, texts["errors"]),
        "boundaries": figures.boundaries(parts["plane"], texts["boundaries"]),
    }
    for name, figure in drawn.items():
        plots.save(figure, folder.path / f"{name}.png")
    header = ["data", "units", "rows", "training error, %", "gap, points", "diagnosis"]
    rows = [
        [
            one.data.item(),
            str(int(one.width)),
            str(int(one.rows) or "all"),
            *(span([100 * v for v in x], ".1f") for x in (training, gap)),
            found,
        ]
        for arm, training, gap, found in diagnosed(parts["arms"])
        for one in [parts["arms"].sel(arm=arm)]
    ]
    text = (
        f"# Over-fitting\n\n{markdown(header, rows)}\nRule: bias is high from {LARGE:.0%} of "
        f"training error on, variance from a gap of {LARGE:.0%} on; an interval across decides "
        f"nothing. {how[0].upper()}{how[1:]}; {over}.\n\n## Verdict\n\n{verdict(parts)}"
    )
    folder.text("table.md", text)
    folder.text("table.csv", comma_separated(header, rows))
    print(f"{text}\nfigures, tables and record: {folder.path}")
