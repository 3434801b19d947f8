"""Tables, figures and verdict of the null experiment, from its record alone."""

from typing import NamedTuple

import numpy as np
import xarray as xr
from scipy.stats import binom, binomtest, norm

from lab import plots, records
from lab.protocol import Comparison
from lab.statistics import Interval
from lab.study.cli import Folder
from lab.study.tables import comma_separated, markdown
from studies.null.figures import Power, Rate, false_winners, power_curves
from studies.null.rounds import finds

LEVEL, Z = 0.05, float(norm.ppf(0.975))
LIKELY = 0.985  # of the time, a test of the level stays within what is allowed
SIZES = (0, 1, 2, 4, 6, 8, 12, 16, 20, 30, 40)  # planted advantages, in margins
WITHIN = 0.05  # of the promised power, where that is a half or more


class Result(NamedTuple):
    """What was counted."""

    plan: Comparison
    task: str
    rates: list[Rate]
    powers: list[Power]
    promised: list[np.ndarray]  # at the planted sizes, for each number of splits
    spread: list[tuple[float, float]]  # of the differences: true, and as the intervals have it


def allowed(rounds: int) -> int:
    """Winners that a test of the level stays within 98.5 % of the time: 10 of 100, 65 of 1,000."""
    return int(binom.ppf(LIKELY, rounds, LEVEL))


def share(count, rounds: int) -> Interval:
    """A share with its exact 95 % interval (Clopper & Pearson, 1934)."""
    counts = np.atleast_1d(count)
    limits = [binomtest(int(k), rounds).proportion_ci(method="exact") for k in counts]
    values = [counts / rounds, [c.low for c in limits], [c.high for c in limits]]
    return Interval(*(np.reshape(v, np.shape(count)) for v in values))


def standard_errors(lead: np.ndarray) -> np.ndarray:
    """Of each round, as its 95 % interval has it: a quarter of its length, nearly."""
    return (lead[:, 2] - lead[:, 1]) / (2 * Z)


def promised_power(lead: np.ndarray, advantage, margin: float) -> np.ndarray:
    """Mean over rounds of Φ((advantage − margin)/se − z), each with its own standard error."""
    distance = np.asarray(advantage, np.float64)[..., None] - margin
    return norm.cdf(distance / standard_errors(lead) - Z).mean(-1)


def result(record: xr.DataTree) -> Result:
    """All numbers of the record."""
    declared = records.manifest(record)["configuration"]
    plan = Comparison.from_declared(declared["comparison"])
    redrawn, trained = (record[f"rounds/{n}"].to_dataset() for n in ("redrawn", "trained"))
    ways = redrawn.splits.values.tolist()
    rates, powers, promises, spread = [], [], [], []
    for splits in ways:
        for name, rounds in (("trained", trained), ("redrawn", redrawn)):
            won = rounds.winner.sel(splits=splits).values != 0
            rates.append(_rate(f"the protocol, {name}, {_on(splits)}", won, True))
    rates.append(_rate("paired test, signs flipped", record["flipped"].p.values <= LEVEL, True))
    for splits in ways:
        one = redrawn.sel(splits=splits)
        flip, single = one.flip_p.values <= LEVEL, np.abs(one.single.values) > plan.margin
        rates.append(_rate(f"paired test of the selected, {_on(splits)}", flip, False))
        rates.append(_rate(f"a single seed, {_on(splits)}", single, False))
    sizes = plan.margin * np.array(SIZES, float)
    fine = np.linspace(0, sizes[-1], 201)
    for splits in ways:
        drawn, fresh = (r.lead.sel(splits=splits).values for r in (redrawn, trained))
        true = float(drawn[:, 0].std())
        told, ran = (share(finds(x, sizes, plan.margin).sum(-1), len(x)) for x in (drawn, fresh))
        known = norm.cdf((fine - plan.margin) / true - Z)
        curve = promised_power(drawn, fine, plan.margin)
        powers.append(Power(splits, sizes, told, ran, fine, curve, known))
        promises.append(promised_power(drawn, sizes, plan.margin))
        spread.append((true, float(np.median(standard_errors(drawn)))))
    return Result(plan, declared["task"], rates, powers, promises, spread)


def _on(splits: int) -> str:
    return "one split" if splits == 1 else f"{splits} splits"


def _rate(name: str, won: np.ndarray, careful: bool) -> Rate:
    count, rounds = int(won.sum()), len(won)
    return Rate(name, count, rounds, share(count, rounds), careful, allowed(rounds))


def draw(record: xr.DataTree, folder: Folder) -> None:
    """Figures, tables and verdict."""
    found = result(record)
    text = about(found, record)
    plots.save(false_winners(found.rates, LEVEL, text + RATES), folder.path / "rates.png")
    plots.save(
        power_curves(found.powers, found.plan.margin, text + POWER), folder.path / "power.png"
    )
    first, second = rate_rows(found), power_rows(found)
    said = verdict(found)
    page = (
        f"# An optimizer against itself\n\n{markdown(*first)}\n{text}\n\n"
        f"## An advantage for one of the two\n\n{markdown(*second)}\n{said}"
    )
    folder.text("table.md", page)
    folder.text("table.csv", comma_separated(*first))
    folder.text("power.csv", comma_separated(*second))
    folder.text("verdict.md", said)
    print(f"{page}\nfigures, tables and record: {folder.path}")


RATES = (
    " Bars: exact 95 % binomial intervals. Circles: the protocol, and the paired test of any two "
    "settings; squares: settled by the report seeds of the two selected settings alone, at 5 %, or "
    "by one tuning and one report seed, beyond the margin."
)
POWER = (
    " The advantage is a constant subtracted from the test losses of one of the two; trained ones "
    "are drawn a little to the right. Bars: exact 95 % binomial intervals."
)


def about(found: Result, record: xr.DataTree) -> str:
    """Budget, seeds and sizes, for the captions."""
    plan, bank = found.plan, record["bank"].to_dataset()
    (optimizer,) = set(plan.optimizers.values())
    space = next(iter(plan.spaces.values()))
    return (
        f"{found.task}, MLP with 16 hidden units, {optimizer} with learning rates from "
        f"{space.low:g} to {space.high:g}, {plan.budget}, batch {plan.batch_size}; {plan.trials} "
        f"trials, {plan.tune_seeds} tuning and {plan.report_seeds} report seeds for each name, all "
        f"drawn independently; margin {plan.margin:g}. Redrawn from {bank.sizes['trial']} trials × "
        f"{bank.sizes['seed']} seeds × {bank.sizes['split']} splits."
    )


def rate_rows(found: Result) -> tuple[list[str], list[list[str]]]:
    """How often a winner is named where there is none."""
    header = ["decided by", "comparisons", "winners", "share", "95 % interval", "allowed"]
    rows = [
        [
            r.name,
            f"{r.rounds:,}",
            f"{r.winners:,}",
            f"{float(r.share.estimate):.1%}",
            f"{float(r.share.low):.1%} to {float(r.share.high):.1%}",
            str(r.allowed) if r.careful else "–",
        ]
        for r in found.rates
    ]
    return header, rows


def power_rows(found: Result) -> tuple[list[str], list[list[str]]]:
    """How often an advantage is found, and how often it should be."""
    header = ["advantage"]
    for power in found.powers:
        header += [f"{_on(power.splits)}: promised", "redrawn", "trained"]
    rows = []
    for i, size in enumerate(found.powers[0].size):
        row = [f"{size:g}"]
        for power, promised in zip(found.powers, found.promised):
            row += [f"{promised[i]:.1%}", _counted(power.redrawn, i), _counted(power.trained, i)]
        rows.append(row)
    return header, rows


def _counted(shares: Interval, i: int) -> str:
    return f"{shares.estimate[i]:.1%} ({shares.low[i]:.1%} to {shares.high[i]:.1%})"


def verdict(found: Result) -> str:
    """Each promise with its three-way verdict."""
    careful = [rate for rate in found.rates if rate.careful]
    lines = [
        f"- *{rate.name[0].upper()}{rate.name[1:]}: false winners in {LEVEL:.0%}, so at most "
        f"{rate.allowed} of {rate.rounds:,}.* **{_kept(rate)}**: {rate.winners} "
        f"({float(rate.share.low):.1%} to {float(rate.share.high):.1%})."
        for rate in careful
    ]
    for power, promised, (true, own) in zip(found.powers, found.promised, found.spread):
        half, off = promised >= 0.5, power.redrawn.estimate - promised
        parts = {"a half or more": off[half], "less": off[~half]}
        told = "; ".join(
            f"where {name} is promised, off by {100 * part.min():+.1f} to "
            f"{100 * part.max():+.1f} points"
            for name, part in parts.items()
            if part.size
        )
        lines.append(
            f"- *On {_on(power.splits)} an advantage is found as often as the intervals promise, "
            f"within {WITHIN:.0%} where that is a half or more.* **{_found(power, promised)}**: "
            f"{told}. But the intervals' standard error is {own:.4f} (median) where differences "
            f"have {true:.4f}: 80 % of the time {_least(power.fine, power.promised)} is found, and "
            f"{_least(power.fine, power.known)} could be."
        )
    return "\n".join(lines) + "\n"


def _least(sizes: np.ndarray, power: np.ndarray) -> str:
    """The least advantage that is found 80 % of the time."""
    enough = power >= 0.8
    return f"{sizes[enough.argmax()]:.3f}" if enough.any() else f"more than {sizes[-1]:g}"


def _kept(rate: Rate) -> str:
    if rate.winners <= rate.allowed and rate.rounds >= 1 / LEVEL:
        return "held"
    return "did not hold" if float(rate.share.low) > LEVEL else "inconclusive"


def _found(power: Power, promised: np.ndarray) -> str:
    half = promised >= 0.5
    if half.any() and (power.redrawn.low[half] >= promised[half] - WITHIN).all():
        return "held"
    short = (power.redrawn.high[half] < promised[half] - WITHIN).any()
    return "did not hold" if short else "inconclusive"
