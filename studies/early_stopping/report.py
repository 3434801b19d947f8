"""Tables, verdicts and figures of the study of early stopping, from its record alone."""

from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from lab import plots, records, statistics
from lab.statistics.intervals import Interval
from lab.study.cli import Folder
from lab.study.tables import comma_separated, markdown
from lab.sweeps.early_stopping.rule import EarlyStopping
from studies.early_stopping import figures
from studies.early_stopping.runs import along, on_tests
from studies.gradient_descent.report import judged

PATIENCES = (1, 2, 4, 8, 16, 32)
DELTAS = (0.0, 0.001, 0.003, 0.01, 0.03, 0.1)
EQUAL = 0.5  # points of test error that do not matter, declared beforehand


class Found(NamedTuple):
    """One data set: test errors in % and shares of the budget, each [..., splits]."""

    patience: tuple[np.ndarray, np.ndarray]  # [patiences, splits]
    delta: tuple[np.ndarray, np.ndarray]  # [deltas, splits]
    sizes: tuple[np.ndarray, np.ndarray]  # [sizes, splits]: under the declared rule
    bad: np.ndarray  # [patiences, splits]: kept the weights with which it stopped
    end: np.ndarray  # [splits]: trained to the end
    hindsight: np.ndarray  # [splits]: the least test error on the way
    by_error: tuple[np.ndarray, np.ndarray]  # [1, splits]: the declared rule, watching the error
    loss: np.ndarray  # [splits]: test loss under the declared rule
    end_loss: np.ndarray  # [splits]: test loss when trained to the end


def rule(patience: int, delta: float = 0.0, restore: bool = True) -> EarlyStopping:
    """The rules that are replayed."""
    return EarlyStopping(patience=patience, min_delta=delta, restore_best_weights=restore)


def found(one: xr.Dataset, patience: int) -> Found:
    """All outcomes on a data set."""

    def percent(rules: list[EarlyStopping], rows: int = 0) -> tuple[np.ndarray, np.ndarray]:
        error, share = along(rules, one, rows)
        return 100 * error, share

    error, declared = 100 * on_tests(one, "error"), [rule(patience)]
    watching = along(declared, one, monitor="error")
    sizes = [percent(declared, int(n)) for n in one.rows.values]
    return Found(
        percent([rule(p) for p in PATIENCES]),
        percent([rule(patience, d) for d in DELTAS]),
        (np.concatenate([e for e, _ in sizes]), np.concatenate([s for _, s in sizes])),
        percent([rule(p, restore=False) for p in PATIENCES])[0],
        error[..., -1].mean(1),
        error.min(-1).mean(1),
        (100 * watching[0], watching[1]),
        along(declared, one, of="loss")[0][0],
        on_tests(one, "loss")[..., -1].mean(1),
    )


def draw(record: xr.DataTree, folder: Folder) -> None:
    """Everything that is printed or drawn."""
    told = records.manifest(record)["configuration"]
    arms = {name: record[f"arm_{i}"].to_dataset() for i, (name, *_) in enumerate(told["arms"])}
    outcomes = {name: found(one, told["patience"]) for name, one in arms.items()}
    held = {name: one.attrs["validation_rows"] for name, one in arms.items()}
    how = (
        f"One layer of 64 ReLU, Adam at {told['rate']:g}, batch 32, "
        f"{told['evaluations'] * told['every']:,} updates, validation loss every {told['every']}; "
        "learning sets of "
        + ", ".join(f"{rows:,} rows ({name})" for name, _, rows, _ in told["arms"])
        + f". Mean over {told['splits']} redrawn splits of {told['seeds']} runs each, 95 % t "
        "interval"
    )
    sizes = next(iter(arms.values())).rows.values
    plots.save(
        figures.patience(outcomes, PATIENCES, f"{how}. Every rule is replayed on the same runs."),
        folder.path / "patience.png",
    )
    plots.save(
        figures.misled(
            outcomes,
            [[n or held[name] for n in sizes] for name in arms],
            DELTAS,
            f"{how}. Patience {told['patience']}; differences are paired by split.",
        ),
        folder.path / "misled.png",
    )
    header, rows = _table(outcomes)
    text = (
        f"# Early stopping\n\n{how}.\n\n{markdown(header, rows)}\n## Verdict\n\n"
        f"{verdict(outcomes, sizes.tolist(), told['patience'], record['obeyed'].to_dataset())}"
    )
    folder.text("table.md", text)
    folder.text("table.csv", comma_separated(header, rows))
    print(f"{text}\nfigures, tables and record: {folder.path}")


def _table(outcomes: dict[str, Found]) -> tuple[list[str], list[list[str]]]:
    header = ["data", "rule", "test error, %", "against the end, points", "updates spent, %"]
    rows = []
    for name, one in outcomes.items():
        at_end = np.ones_like(one.end)
        lines = {f"patience {p}": found for p, *found in zip(PATIENCES, *one.patience)} | {
            "watching the error": (one.by_error[0][0], one.by_error[1][0]),
            "to the end": (one.end, at_end),
            "best in hindsight": (one.hindsight, at_end),
        }
        for label, (error, share) in lines.items():
            gap = statistics.paired_difference(error, one.end)
            rows.append([
                name, label, span(statistics.mean_interval(error), ".2f"),
                "" if label == "to the end" else span(gap, "+.2f"),
                f"{100 * share.mean():.0f}",
            ])  # fmt: skip
    return header, rows


def verdict(outcomes: dict[str, Found], sizes: list[int], patience: int, obeyed: xr.Dataset) -> str:
    """Every statement with its numbers; the intervals of a statement hold together."""
    at, lines = PATIENCES.index(patience), []

    def stated(claim: str, gaps: dict[str, Interval], limit: float, unit: str = "points") -> None:
        """Of differences that are to lie below the limit."""
        for name, gap in gaps.items():
            said = judged(bool(gap.high < limit), bool(gap.low > limit))
            lines.append(f"- *{claim}*, {name}: **{said}**, {span(gap, '+.2f')} {unit}.")

    def gaps(a: Any, b: Any) -> dict[str, Interval]:
        return {
            name: statistics.paired_difference(a(one), b(one), comparisons=len(outcomes))
            for name, one in outcomes.items()
        }

    stated(
        f"Stopping early (patience {patience}) ends with a smaller test error than training on",
        gaps(lambda o: o.patience[0][at], lambda o: o.end),
        0.0,
    )
    stated(
        "It ends with a smaller test loss",
        gaps(lambda o: o.loss, lambda o: o.end_loss),
        0.0,
        "nats",
    )
    for name, one in outcomes.items():
        saved = statistics.mean_interval(100 * (1 - one.patience[1][at]))
        lines.append(
            f"- *It saves at least half of the updates*, {name}: "
            f"**{judged(bool(saved.low > 50), bool(saved.high < 50))}**, {span(saved, '.0f')} %."
        )
    stated(
        f"It comes within {EQUAL} points of the best in hindsight",
        gaps(lambda o: o.patience[0][at], lambda o: o.hindsight),
        EQUAL,
    )
    stated(
        f"Patience {PATIENCES[-1]} is no better than {patience}, by more than {EQUAL} points",
        gaps(lambda o: o.patience[0][at], lambda o: o.patience[0][-1]),
        EQUAL,
    )
    stated(
        "Going back to the best weights is better than keeping the last",
        gaps(lambda o: o.patience[0][at], lambda o: o.bad[at]),
        0.0,
    )
    stated(
        "Watching validation error is better than watching validation loss",
        gaps(lambda o: o.by_error[0][0], lambda o: o.patience[0][at]),
        0.0,
    )
    stated(
        f"{sizes[0]} validation rows serve as well as all, within {EQUAL} points",
        gaps(lambda o: o.sizes[0][0], lambda o: o.sizes[0][-1]),
        EQUAL,
    )
    delta = DELTAS.index(0.01)
    stated(
        f"Improvements below 0.01 nats may be ignored, within {EQUAL} points",
        gaps(lambda o: o.delta[0][delta], lambda o: o.delta[0][0]),
        EQUAL,
    )
    same, lanes = int(obeyed.same.sum()), obeyed.sizes["lane"]
    lines.append(
        "- *A sweep that obeys the rule ends where the replay says, bitwise*: "
        f"**{judged(same == lanes, same < lanes)}**, {same} of {lanes} runs; it took "
        f"{float(obeyed.computed / obeyed.budget):.0%} of the updates."
    )
    return "\n".join(lines) + "\n"


def span(x: Any, digits: str) -> str:
    """Estimate with its limits."""
    estimate, low, high = (format(float(np.asarray(v)), digits) for v in x)
    return f"{estimate} ({low} to {high})"
