"""Table, figure and verdict of a search, from its record alone."""

from typing import Any

import numpy as np
import xarray as xr

from lab import plots, records, statistics
from lab.statistics.intervals import Interval
from lab.study.cli import Folder
from lab.study.tables import comma_separated, markdown
from studies.tuning.figures import search_summary

SHOWN = 10


def draw(record: xr.DataTree, folder: Folder) -> None:
    """Everything that is printed or drawn."""
    told = records.manifest(record)["configuration"]
    trials, found = record["trials"].to_dataset(), record["report"].to_dataset()
    baselines = record["baselines"].to_dataset()
    metric, label, sign = (
        ("test_accuracy", "error (%)", -1.0)
        if "test_accuracy" in found
        else ("test_rmse", "root mean squared error", 1.0)
    )

    def shown(values: np.ndarray) -> np.ndarray:
        return 100 * (1 - values) if sign < 0 else values

    outcomes: dict[str, Interval] = {
        f"{name} network": Interval(*statistics.mean_interval(shown(values.values)))
        for name, values in zip(found.setting.values.tolist(), found[metric])
    }
    for name, values in zip(baselines.baseline.values.tolist(), baselines[metric]):
        outcomes[name] = Interval(*[np.asarray(shown(values.values).mean())] * 3)
    how = (
        f"{told['table']}, {told['searcher']}, {told['trainings']} full trainings of "
        f"{told['epochs']} epochs, {told['tuning_seeds']} seeds each, on validation rows; "
        f"{trials.sizes['trial']} trials. Test: {told['seeds']} fresh seeds, mean and 95 % t "
        "interval, one split; diamonds: scikit-learn with default settings. Importances: 8 "
        "forests, bars from least to largest, of parameters that every trial has."
    )
    figure = search_summary(
        trials, record["importances"].to_dataset().importance, outcomes, f"test {label}", how
    )
    plots.save(figure, folder.path / "tuning.png")
    header, rows = _table(trials)
    verdict = _verdict(found, metric, sign, label)
    text = (
        f"# Tuning\n\nSpace:\n\n```\n{told['space']}\n```\n\nThe {len(rows)} best of "
        f"{trials.sizes['trial']} trials:\n\n{markdown(header, rows)}\n{how}\n\n"
        f"## Verdict\n\n{verdict}\n"
    )
    folder.text("table.md", text)
    folder.text("table.csv", comma_separated(*_table(trials, trials.sizes["trial"])))
    print(f"{text}\nfigure, tables and record: {folder.path}")


def _table(trials: xr.Dataset, count: int = SHOWN):
    names = [str(n) for n in trials.data_vars if n not in ("loss", "share", "after")]
    single = [n for n in names if not n.startswith(("units_", "dropout_"))]
    order = np.argsort(trials.loss.values, kind="stable")[:count]

    def row(i: int) -> list[str]:
        one = trials.isel(trial=int(i))
        return [
            str(one.trial.item()),
            *(_word(one[name].item()) for name in single),
            *(_by_layer(one, names, kind) for kind in ("units_", "dropout_")),
            f"{one.loss.item():.4f}",
        ]

    return ["trial", *single, "units", "dropout", "validation loss"], [row(i) for i in order]


def _by_layer(one: xr.Dataset, names: list[str], kind: str) -> str:
    values = [one[name].item() for name in names if name.startswith(kind)]
    return "-".join(_word(value) for value in values if _there(value))


def _there(value: Any) -> bool:
    return value == value and value != ""


def _word(value: Any) -> str:
    return (
        value
        if isinstance(value, str)
        else f"{value:.2g}"
        if value != int(value)
        else str(int(value))
    )


def _verdict(found: xr.Dataset, metric: str, sign: float, label: str) -> str:
    scale = 100.0 if sign < 0 else 1.0
    gain = (
        -sign * scale * (found[metric].sel(setting="best") - found[metric].sel(setting="default"))
    )
    mean, low, high = statistics.mean_interval(gain.values)
    held = "held" if low > 0 else "did not hold" if high < 0 else "inconclusive"
    return (
        f"- *The network that was found beats the default one* on this split: **{held}**, "
        f"test {label} lower by {mean:.2f} ({low:.2f} to {high:.2f}), "
        f"{found.sizes['seed']} seeds in pairs."
    )
