"""Table, figures and verdict of the study of search methods, from its record alone."""

import numpy as np
import xarray as xr

from lab import plots, records, statistics
from lab.statistics.intervals import Interval
from lab.study.cli import Folder
from lab.study.tables import comma_separated, markdown
from studies.activations.verdict import span
from studies.search_methods import figures, verdict


def draw(record: xr.DataTree, folder: Folder) -> None:
    """Everything that is printed or drawn."""
    told = records.manifest(record)["configuration"]
    found = {name: record[f"search/{name}"].to_dataset() for name in told["methods"]}
    misled = {name: record[f"misled/{name}"].to_dataset() for name in told["misled"]}
    first, second = told["cases"]
    pools = {name: record[f"pool/{name}"].to_dataset() for name in told["cases"]}
    tested, tested_misled = (record[f"tested/{n}"].to_dataset() for n in ("search", "misled"))
    updates = told["updates"][first]
    splits = f"{told['splits']} splits"
    how = (
        f"Digits, one layer of ReLU units, heavy ball with a cosine schedule, {updates} updates of "
        f"batch 32 a full training; learning rate, momentum, initial scale and L2 penalty are "
        f"searched for {told['trainings']} trainings, {told['batch']} at once, on {splits}"
    )
    where = (
        f"{second} of MNIST-1D, {told['updates'][second]} updates at a constant rate; learning "
        "rate and momentum are searched"
    )
    texts = {
        "search_methods": f"{how}. Left: least validation loss of a full training, over the least "
        "that any method found on the split; a line begins where all splits have a full training. "
        f"Right: test loss of what was chosen, {told['seeds']} fresh seeds. Geometric means, 95 % "
        "t intervals over splits; right simultaneous.",
        "early": f"Left: {told['settings']} random settings on each of {told['splits']} splits, "
        f"losses at a share of the training against the last. Middle: {where}; momentum 0.9. "
        f"Right: least validation loss of a full training, {told['fewer']} trainings spent. Means "
        "(geometric of losses), 95 % t intervals over splits.",
    }
    drawn = {
        "search_methods": figures.spending(found, tested, updates, texts["search_methods"]),
        "early": figures.ranks(pools, record["along"].to_dataset(), misled, texts["early"]),
    }
    for name, figure in drawn.items():
        plots.save(figure, folder.path / f"{name}.png")
    header, rows = _table(found, tested, told["trainings"])
    missing = "" if "gp" in found else " The Gaussian process is left out: pip install torch."
    lines = [
        *verdict.search_lines(found, tested),
        *verdict.formula_lines(found, pools[first]),
        *verdict.rank_lines(pools),
        *verdict.misled_lines(misled, tested_misled, second),
    ]
    spaces = "\n\n".join(f"{name}:\n\n```\n{told['spaces'][name]}\n```" for name in told["cases"])
    text = (
        f"# Search methods\n\n{spaces}\n\n{markdown(header, rows)}\n{how}; mean, 95 % t interval, "
        f"geometric for losses.{missing}\n\n## Verdict\n\n" + "\n".join(lines) + "\n"
    )
    folder.text("table.md", text)
    folder.text("table.csv", comma_separated(header, rows))
    print(f"{text}\nfigures, tables and record: {folder.path}")


def _table(found: dict[str, xr.Dataset], tested: xr.Dataset, trainings: int):
    losses = verdict.test_losses(tested)
    rows = []
    for name, part in found.items():
        mine = tested.test_accuracy.values[tested.method.values == name]
        error = statistics.mean_interval(100 * (1 - mine.mean(1)))
        rows.append([
            verdict.SPELT[name], f"{part.trials.values.mean():.0f}",
            span(verdict.ratio(np.log(part.loss.isel(spent=-1).values)), ".3f"),
            span(verdict.ratio(losses[name]), ".3f"), span(Interval(*error), ".2f"),
        ])  # fmt: skip
    header = [
        "method",
        f"trials for {trainings} trainings",
        "least validation loss",
        "test loss of the chosen",
        "test error, %",
    ]
    return header, rows
