"""Statements, table and figures of the study of sharpness, from its record alone."""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from lab import plots, records, statistics
from lab.statistics.intervals import Interval
from lab.study.cli import Folder
from lab.study.tables import comma_separated, markdown
from studies.edge_of_stability import figures
from studies.gradient_descent.report import judged

TOLERANCE = 0.1  # of the edge: closer than this is settled
CHEAP = 0.15  # of a sweep's processor time
ORDINARY = ("norms", "activations")
BEYOND = (1.0, 2.5)  # sharpness at the start, in edges, of the rates that the claim is about
DESCENT = "gradient descent"
CLAIMS = {
    DESCENT: "With squared loss full-batch gradient descent",
    "gradient descent, cross-entropy": "With cross-entropy it too",
    "heavy ball": "Heavy ball (β = 0.9, rate warmed up)",
    "Adam": "Adam's preconditioned sharpness",
}
START = f" of {BEYOND[0]:g} to {BEYOND[1]:g} edges at the start"


def in_edges(arm: xr.Dataset) -> np.ndarray:
    """Sharpness over the edge of each rate: [rate, S, T]."""
    sharpness = arm.sharpness.transpose("learning_rate", "seed", "probe_step")
    return (sharpness * arm.learning_rate / arm.attrs["edge"]).values


def last_quarter(values: np.ndarray) -> np.ndarray:
    """Mean over the last quarter of the points: [..., T] -> [...]."""
    return values[..., -(-3 * values.shape[-1] // 4) :].mean(-1)


def beyond(arm: xr.Dataset) -> np.ndarray:
    """Rates whose edge lies below the sharpness of every start, within `BEYOND`: bool [rate]."""
    first = in_edges(arm)[..., 0]
    return np.all((first >= BEYOND[0]) & (first <= BEYOND[1]), -1)


def settles(ends: np.ndarray) -> str:
    """Whether the mean over seeds is within `TOLERANCE` of the edge, surely: [S] -> words."""
    x = statistics.mean_interval(ends)
    low, high = 1 - TOLERANCE, 1 + TOLERANCE
    return judged(bool(low <= x.low and x.high <= high), bool(x.high < low or x.low > high))


def together(said: list[str]) -> str:
    """One word for several: held where all held, did not where one surely did not."""
    if "did not hold" in said:
        return "did not hold"
    return "held" if said and set(said) == {"held"} else "inconclusive"


def rises(loss: np.ndarray) -> np.ndarray:
    """Share of looks in the second half at which the loss is above the look before: [..., T]."""
    half = loss[..., loss.shape[-1] // 2 :]
    return (np.diff(half) > 0).mean(-1)


def _span(x: Interval, digits: str = ".3g") -> str:
    estimate, low, high = (format(float(v), digits) for v in x)
    return f"{estimate} ({low} to {high})"


def draw(record: xr.DataTree, folder: Folder) -> None:
    """Everything that is printed or drawn."""
    told = records.manifest(record)["configuration"]
    parts = {node.attrs.get("arm", name): node.to_dataset() for name, node in record.items()}
    arms = {name: parts[name] for name in told["arms"]}
    price = parts["price"]
    shape = "-".join(str(w) for w in told["widths"])
    how = (
        f"{told['rows']} digits, 64-{shape}-10 tanh, full batches, {told['updates']:,} updates; "
        f"λ₁ by {told['lanczos']} steps of Lanczos every {told['every']} updates; "
        f"{told['seeds']} initial networks"
    )
    texts = {
        "settling": f"{how}. Geometric mean over seeds, 95 % t interval. Black: the edge; grey: "
        f"within {TOLERANCE:.0%} of it. Adam: the curvature that its preconditioner leaves over. "
        "Heavy ball: in units of the edge of the full rate, which is reached after the warm-up.",
        "ends": f"{how}. Left: mean over the last quarter of the updates, geometric mean over "
        "seeds with its 95 % t interval, where it is not seen narrower than the mark. Right: "
        "eight runs at once, processor time of the same training over that without the probe; "
        f"median and quartiles of {price.sizes['repeat']} repeats; dotted: {CHEAP:.0%}.",
    }
    ends = {
        name: last_quarter(arm.sharpness.transpose("learning_rate", "seed", "probe_step").values)
        for name, arm in arms.items()
    }
    plots.save(
        figures.over_updates(arms, TOLERANCE, texts["settling"]), folder.path / "settling.png"
    )
    plots.save(figures.settled(arms, ends, price, CHEAP, texts["ends"]), folder.path / "ends.png")
    header, rows = _table(arms)
    text = (
        f"# Edge of stability\n\n{markdown(header, rows)}\n{how}; mean, 95 % t interval. Sharpness "
        "in units of the rate's edge; at the end: mean over the last quarter.\n\n"
        f"## Verdict\n\n{verdict(arms, price)}"
    )
    folder.text("table.md", text)
    folder.text("table.csv", comma_separated(header, rows))
    print(f"{text}\nfigures, tables and record: {folder.path}")


def _table(arms: Mapping[str, xr.Dataset]):
    header = ["arm", "rate", "sharpness at the start", "at the end", "range over seeds", "loss"]
    rows = []
    for name, arm in arms.items():
        edges, loss = in_edges(arm), arm.loss.transpose("learning_rate", "seed", "probe_step")
        for k, rate in enumerate(arm.learning_rate.values):
            end = last_quarter(edges[k])
            rows.append([
                name, f"{rate:.3g}", _span(statistics.mean_interval(edges[k, :, 0])),
                _span(statistics.mean_interval(end)), f"{end.min():.3g} to {end.max():.3g}",
                _span(statistics.mean_interval(loss.values[k, :, -1]), ".2g"),
            ])  # fmt: skip
    return header, rows


def _at(arm: xr.Dataset, which: np.ndarray) -> tuple[str, str]:
    """Verdict and numbers of the rates `which`, bool [rate]."""
    edges = in_edges(arm)[which]
    ends, rates = last_quarter(edges), arm.learning_rate.values[which]
    said = [settles(end) for end in ends]
    numbers = "; ".join(
        f"{_span(statistics.mean_interval(end), '.3f')} of the edge at η = {rate:.2g}"
        for rate, end in zip(rates, ends)
    )
    seeds = int((np.abs(ends - 1) < TOLERANCE).sum())
    return together(said), f"{numbers}; {seeds} of {ends.size} runs within {TOLERANCE:.0%}"


def claimed(arm: xr.Dataset) -> np.ndarray:
    """Rates that start beyond their edge; all where rates were not chosen by the start."""
    return beyond(arm) if arm.attrs["by_start"] else np.ones(arm.sizes["learning_rate"], bool)


def verdict(arms: Mapping[str, xr.Dataset], price: xr.Dataset) -> str:
    """Every claim with its numbers, one to a line."""
    lines = []
    for name, arm in arms.items():
        which = claimed(arm)
        said, numbers = _at(arm, which)
        lines.append(
            f"- *{CLAIMS[name]} settles within {TOLERANCE:.0%} of {arm.attrs['edge']:.3g}/η* "
            f"({which.sum()} rates{START if arm.attrs['by_start'] else ''}): **{said}**, {numbers}."
        )
    descent = arms[DESCENT]
    edges = in_edges(descent)
    slow, early = edges[0], descent.sizes["probe_step"] // 20
    grown = np.log(last_quarter(slow) / slow[:, early])
    x = Interval(*(np.exp(v) for v in statistics.mean_interval(grown)))
    lines.append(
        "- *Below the edge sharpness rises by itself (progressive sharpening)*, gradient descent "
        f"at η = {float(descent.learning_rate[0]):.2g}: "
        f"**{judged(bool(x.low > 1), bool(x.high < 1))}**, {_span(x)} times that after "
        f"{int(descent.probe_step[early])} updates; it ends at "
        f"{_span(statistics.mean_interval(last_quarter(slow)))} of the edge."
    )
    loss = descent.loss.transpose("learning_rate", "seed", "probe_step").values
    calm, edgy = rises(loss[0]), rises(loss[-1])
    gap = statistics.paired_difference(edgy, calm)
    fallen = loss[-1, :, -1] / loss[-1, :, loss.shape[-1] // 2]
    lines.append(
        "- *At the edge the loss goes up and down, and yet falls*: "
        f"**{judged(bool(gap.low > 0 and (fallen < 1).all()), bool(gap.high < 0))}**, in the "
        f"second half it is above the look before at {edgy.mean():.0%} of the looks at the highest "
        f"rate and {calm.mean():.0%} at the lowest, and is multiplied by "
        f"{_span(statistics.mean_interval(fallen))} over that half."
    )
    bounds = np.concatenate([(arm.bound / arm.sharpness).values.ravel() for arm in arms.values()])
    lines.append(
        f"- Error bound of λ₁, in λ₁: median {np.median(bounds):.1g}, {(bounds < 0.01).mean():.1%} "
        f"of the looks below 0.01, at most {bounds.max():.1g}."
    )
    lines += costs(price)
    return "\n".join(lines) + "\n"


def costs(price: xr.Dataset) -> list[str]:
    """Whether looking is cheap, and what a look costs."""
    extra = price.ratio.transpose("case", "repeat").values - 1
    said = {}
    for k, (probe, period) in enumerate(zip(price.probe.values, price.period.values)):
        x = statistics.mean_interval(extra[k])
        said[probe, int(period)] = x, f"{_span(x, '.1%')} every {period}"
    both = ("both", 10)
    lines = []
    if both in said:
        x, text = said[both]
        lines.append(
            f"- *Norms and activations of all layers, looked at every 10 updates, cost below "
            f"{CHEAP:.0%}* of the processor time of an ordinary sweep (digits, SGD, batch 32): "
            f"**{judged(bool(x.high < CHEAP), bool(x.low > CHEAP))}**, together they add {text}; "
            + ", ".join(f"{p} alone {t}" for (p, _), (_, t) in said.items() if p in ORDINARY)
            + "."
        )
    lanczos = {period: (x, t) for (p, period), (x, t) in said.items() if p == "λ₁"}
    if lanczos:
        often = min(lanczos)
        look = often * float(lanczos[often][0].estimate)
        lines.append(
            f"- λ₁ by Lanczos costs {look:.2g} updates a look (full batches): it adds "
            + ", ".join(t for _, t in lanczos.values())
            + " updates."
        )
    return lines
