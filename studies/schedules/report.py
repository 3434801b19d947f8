"""Tables, verdicts and figures of the schedule study, from its record alone."""

from typing import NamedTuple

import numpy as np
import xarray as xr

from lab import plots, protocol, records, statistics
from lab.statistics import noise
from lab.statistics.intervals import Interval
from lab.study.cli import Folder
from lab.study.tables import comma_separated, markdown
from studies.schedules import figures

CONSTANT, COSINE, PLATEAU = "constant_schedule", "cosine_decay_schedule", "reduce_on_plateau"


class Outcome(NamedTuple):
    """The comparison: every pair at its tuned peak."""

    loss: xr.DataArray  # test loss (optimizer, schedule, seed)
    rate: xr.DataArray  # (optimizer, schedule)
    at_edge: xr.DataArray


class Limits(NamedTuple):
    """The largest usable rate, and the best one, at each length of warm-up."""

    usable: Interval
    gain: Interval  # of the longest warm-up up to a quarter of the budget, over none
    best: np.ndarray
    lengths: np.ndarray


def outcome(record: xr.DataTree) -> Outcome:
    """Test losses of all pairs; reduce on plateau is one schedule more."""
    losses, rates, edges = [], [], []
    for kind in ("schedule", "plateau"):
        told = record[f"report/{kind}"].to_dataset()
        chosen = protocol.select(record[f"tuning/{kind}"].to_dataset())
        names = chosen.learning_rate.schedule.values.tolist()
        label = names if kind == "schedule" else [PLATEAU]
        loss = told.test_loss.reset_coords(["learning_rate", "schedule"], drop=True)
        loss = loss.rename(trial="schedule")
        losses.append(loss.assign_coords(schedule=label))
        rates.append(chosen.learning_rate.assign_coords(schedule=label))
        edges.append(chosen.at_edge.assign_coords(schedule=label))
    loss, rate, edge = (
        xr.concat([x.reset_coords(drop=True) for x in parts], "schedule")
        for parts in (losses, rates, edges)
    )
    dims = ("optimizer", "schedule")
    return Outcome(loss.transpose(*dims, "seed"), rate.transpose(*dims), edge.transpose(*dims))


def best_rate(losses: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """The rate at the vertex of the parabola through the best median loss and its neighbours.

    Args:
      losses: [rates, seeds].
      rates: Log-spaced.
    """
    middle = np.log(np.median(losses, -1))
    i = int(np.argmin(middle))
    if i in (0, len(rates) - 1) or not np.isfinite(middle[i - 1 : i + 2]).all():
        return np.asarray(rates[i])
    left, low, right = middle[i - 1 : i + 2]
    shift = 0.5 * (left - right) / max(left - 2 * low + right, 1e-12)
    return np.asarray(rates[i] * (rates[1] / rates[0]) ** np.clip(shift, -0.5, 0.5))


def shift(record: xr.Dataset) -> tuple[Interval, Interval, Interval]:
    """Best rates under constant and cosine, and their ratio, bootstrapped over paired seeds."""
    rates = record.learning_rate.values
    loss = record.validation_loss.isel(optimizer=0, step=-1)
    both = np.stack(
        [
            loss.sel(schedule=name).transpose("learning_rate", "seed").values
            for name in (CONSTANT, COSINE)
        ]
    )

    def statistic(x):
        constant, cosine = best_rate(x[0], rates), best_rate(x[1], rates)
        return np.array([constant, cosine, cosine / constant])

    draws = noise.resampled(statistic, both)
    low, high = np.quantile(draws, (0.025, 0.975), axis=0)
    middle = statistic(both)
    return tuple(Interval(*x) for x in zip(middle, low, high))  # type: ignore[return-value]


def limits(record: xr.Dataset, lengths) -> Limits:
    """Usable: at least half of the seeds end below half the loss before training."""
    loss = record.validation_loss.isel(optimizer=0).transpose(
        "schedule", "learning_rate", "seed", "step"
    )
    rates = record.learning_rate.values
    good = (loss[..., -1] < 0.5 * loss[..., 0].median()).values

    def largest(x):
        share = x.mean(-1) >= 0.5
        # the first rate that fails ends the usable ones
        count = np.where(share.all(-1), share.shape[-1], np.argmin(share, -1))
        return np.where(count > 0, rates[np.maximum(count - 1, 0)], np.nan)

    draws = noise.resampled(largest, good)
    low, high = (
        np.quantile(draws, q, axis=0, method="closest_observation") for q in (0.025, 0.975)
    )
    i = int(np.flatnonzero(np.asarray(lengths) <= float(record.updates[-1]) / 4)[-1])
    ratio = draws[:, i] / draws[:, 0]
    middle = largest(good)
    gain = Interval(middle[i] / middle[0], *np.quantile(ratio, (0.025, 0.975)))
    best = rates[np.argmin(np.median(loss[..., -1].values, -1), -1)]
    return Limits(Interval(middle, low, high), gain, best, np.asarray(lengths))


def draw(record: xr.DataTree, folder: Folder) -> None:
    """Everything that is printed or drawn."""
    told = records.manifest(record)["configuration"]
    found = outcome(record)
    tuning = record["tuning/schedule"].to_dataset()
    one = record["shift"].to_dataset()
    shifted = shift(one)
    warm = {
        name: limits(node.to_dataset(), told["warmups"])
        for name, node in record["warmup"].children.items()
    }
    records_of = {name: node.to_dataset() for name, node in record["warmup"].children.items()}
    updates, seeds = int(tuning.updates[-1]), found.loss.sizes["seed"]
    texts = {
        "outcomes": f"digits, 64-32-32-10 ReLU, batch 32, {updates} updates; for every pair the "
        f"best of {tuning.sizes['trial']} peak rates over two decades on {tuning.sizes['seed']} "
        f"tuning seeds. Mean test loss over {seeds} fresh seeds ± half of its 95 % t interval. "
        "*: not to be told from the best schedule of its optimizer (paired, simultaneous 95 %). "
        "†: tuned peak at the edge of its range.",
        "shift": f"digits, batch 32, {int(one.updates[-1])} updates of Adam; median and range of "
        f"{one.sizes['seed']} seeds. Lines: best rate (vertex of a parabola), bands: 95 % "
        "bootstrap intervals.",
        "warmup": "digits, batch 32, "
        f"{int(next(iter(records_of.values())).updates[-1])} updates, linear warm-up included, "
        f"then constant; {one.sizes['seed']} seeds. Usable: at least half of the seeds end below "
        "half the loss before training (dotted). Bars: 95 % bootstrap intervals over seeds.",
    }
    tied = {
        str(name): _tied(found.loss.sel(optimizer=name)) for name in found.loss.optimizer.values
    }
    drawn = {
        "outcomes": figures.outcomes(found, tied, texts["outcomes"]),
        "shift": figures.shift(one, shifted, texts["shift"]),
        "warmup": figures.warmup(records_of, warm, texts["warmup"]),
    }
    for name, figure in drawn.items():
        plots.save(figure, folder.path / f"{name}.png")
    header, table = _table(found, tied)
    verdict = _verdict(found, tied, shifted, warm, int(one.updates[-1]))
    text = (
        f"# Schedules at equal budget\n\n{markdown(header, table)}\n{texts['outcomes']}\n\n"
        f"## Verdict\n\n{verdict}"
    )
    folder.text("table.md", text)
    folder.text("table.csv", comma_separated(header, table))
    print(f"{text}\nfigures, tables and record: {folder.path}")


def _tied(loss: xr.DataArray) -> list[str]:
    """Schedules that cannot be told from the best."""
    mean = loss.mean("seed")
    best = loss.isel(schedule=int(mean.argmin("schedule"))).values
    names = loss.schedule.values.tolist()
    gaps = {
        name: statistics.paired_difference(
            loss.sel(schedule=name).values, best, comparisons=max(1, len(names) - 1)
        )
        for name in names
    }
    return [name for name, gap in gaps.items() if gap.low <= 0]


def _table(found: Outcome, tied):
    header = ["schedule", *(str(name) for name in found.loss.optimizer.values)]
    rows = []
    for i in figures.ranked(found.loss):
        cells = []
        for name in header[1:]:
            value = statistics.mean_interval(found.loss.sel(optimizer=name)[i].values)
            schedule = str(found.loss.schedule.values[i])
            mark = " =" if schedule in tied[name] else ""
            edge = " (edge)" if bool(found.at_edge.sel(optimizer=name)[i]) else ""
            rate = float(found.rate.sel(optimizer=name)[i])
            cells.append(
                f"{value.estimate:.3f} ± {value.estimate - value.low:.3f} at {rate:.2g}{edge}{mark}"
            )
        rows.append([str(found.loss.schedule.values[i]), *cells])
    return header, rows


def _span(x: Interval, digits: str = ".3g") -> str:
    estimate, low, high = (format(float(v), digits) for v in x)
    return f"{estimate} ({low} to {high})"


def judged(inside: bool, outside: bool) -> str:
    """A claim holds where its whole interval does, and fails where none of it does."""
    return "held" if inside else "did not hold" if outside else "inconclusive"


def _verdict(found: Outcome, tied, shifted, warm, steps: int) -> str:
    lines = []
    names = [str(name) for name in found.loss.optimizer.values]
    count = len(names)

    def gap(name: str, a: str, b: str) -> Interval:
        loss = found.loss.sel(optimizer=name)
        return statistics.paired_difference(
            loss.sel(schedule=a).values, loss.sel(schedule=b).values, comparisons=count
        )

    for claim, a, b in (
        ("Cosine decay ends lower than a constant rate", COSINE, CONSTANT),
        ("Cosine decay ends lower than reduce on plateau", COSINE, PLATEAU),
    ):
        for name in names:
            x = gap(name, a, b)
            lines.append(
                f"- *{claim}*, {name}: **{judged(bool(x.high < 0), bool(x.low > 0))}**, test loss "
                f"{_span(x, '+.4f')}."
            )
    constant, cosine, ratio = shifted
    lines.append(
        "- *From constant to cosine Adam's best rate grows 3.5 times at 1,000 steps.* "
        f"**{judged(bool(ratio.low > 1), bool(ratio.high < 1))}** that it grows; factor "
        f"{_span(ratio)} at {steps:,} steps here, from {_span(constant)} to {_span(cosine)}; 3.5 "
        f"lies {'inside' if ratio.low <= 3.5 <= ratio.high else 'outside'} its interval."
    )
    for name, found_limits in warm.items():
        usable, gain = found_limits.usable, found_limits.gain
        lines.append(
            "- *Warm-up raises the largest usable rate (Kalra & Barkeshli 2024)*, "
            f"{name}: **{judged(bool(gain.low > 1), bool(gain.high <= 1))}**; "
            f"{_span(gain)} times as large with the longest warm-up within a quarter of the "
            f"budget as without, where it is {_span(Interval(*(x[0] for x in usable)))}."
        )
    lines.append(
        "- Not to be told from the best: "
        + "; ".join(
            f"{name}: {len(tied[name])} of {found.loss.sizes['schedule']}" for name in names
        )
        + " schedules. One split, tuned settings: close ones may rank otherwise elsewhere."
    )
    return "\n".join(lines) + "\n"
