"""Tables of the optimizer comparison: of each task, over all of them, and where the time went."""

from collections.abc import Iterator

import numpy as np
import optax

from lab.protocol import SHARES
from lab.statistics import Interval, expected_running_time, median_time
from lab.study import Record, Table
from lab.study.folder import SECONDS
from lab.sweeps.execution.timing import KINDS
from studies.optimizers import across, intervals
from studies.optimizers.result import USUAL, Result, over_units, results
from studies.optimizers.runs import Optimizers


def tables(record: Record[Optimizers]) -> dict[str, Table]:
    """The first has every optimizer and baseline on every task."""
    found = results(record)
    one = next(iter(found.values()))
    problems = sum(result.splits for result in found.values())
    several = len(one.verdict.ranked) > 1
    rows = [{"task": label} | row for label, r in found.items() for row in of_task(r)]
    keys = list(dict.fromkeys(key for row in rows for key in row))
    notes = [line for result in found.values() for line in words(result)]
    notes += [f"Not ranked: `{name}` {why}." for name, why in record.settings.left_out.items()]
    made = {
        "table": Table(keys, [[row.get(k, "") for k in keys] for row in rows], "\n\n".join(notes)),
        "configurations": configurations(found) if several else None,
        "across": over_all(found, problems) if several and problems > 1 else None,
        "work": work(record),
    }
    return {name: table for name, table in made.items() if table}


def of_task(result: Result) -> Iterator[dict[str, str]]:
    """A line for each optimizer, the best first, then the baselines."""
    verdict = result.verdict
    metrics = [str(v) for v in result.report.data_vars if str(v).startswith("test_")]
    metrics = [m for m in metrics if m not in ("test_loss", "test_confusion")]
    for i, name in enumerate(verdict.ranked):
        reached = result.merged(name)
        loss = Interval(*(part[i] for part in verdict.loss))
        line = {
            "optimizer": name + (" =" if name in verdict.tied else ""),
            "rate": f"{result.rates[name]:.2g}",
            "test loss after tuning": _cell(loss, 4),
            **{_words(m): _plus_minus(over_units(result.tested(name, m))) for m in metrics},
            f"{result.currency} to {result.targets[USUAL]:.3g}": _number(median_time(reached)),
            "expected": _number(expected_running_time(reached)),
            "reached": f"{reached.hit.mean():.0%}",
            "diverged": f"{result.diverged(name):.0%}",
            "good rates, decades": f"{float(result.decades(name)):.1f}",
            "MFLOP": f"{result.spent(name, 'flops')[-1] / 1e6:,.0f}",
        }
        if "seconds" in result.confirm.coords:
            line["alone, s"] = f"{result.spent(name, 'seconds')[-1]:.2g}"
        yield line
    for name, loss in result.baseline("test_loss").items():
        told = {_words(m): f"{result.baseline(m)[name]:.4f}" for m in metrics}
        yield {"optimizer": f"*{name}*", "test loss after tuning": f"{loss:.4f}", **told}


def words(result: Result) -> Iterator[str]:
    """What the lines of one task come from, and what to do with them."""
    c, v = result.comparison, result.verdict
    splits = f"{result.splits} split{'s' * (result.splits > 1)}"
    often = {name: share for name in v.ranked if (share := result.diverged(name)) > 0}
    failed = ", ".join(f"`{name}` {share:.0%}" for name, share in often.items()) or "none"
    never = [name for name in v.ranked if not result.reached(name).hit.any()]
    targets = ", ".join(f"{target:.4g}" for target in result.targets.values())
    yield (
        f"**{result.name}.** `=` marks the best and what ties with it, by simultaneous 95 % "
        "intervals with splits, trials (selection redone) and seeds drawn again: "
        f"{c.trials} trials for each of {len(v.ranked)} optimizers, {c.tune_seeds} tuning and "
        f"{c.audit_seeds or c.report_seeds} report seeds on {splits}, {c.budget} each, margin "
        f"{c.margin:g}. Diverged in the report: {failed}. Targets declared by the tuning: "
        f"validation loss {targets}, which the tuned reference reaches at "
        f"{', '.join(f'{share:.0%}' for share in SHARES)} of its budget."
        + f" The middle one is reached by no run of {', '.join(never)}." * bool(never)
        + f" Everyone's space was widened {c.widened:.3g}-fold at both ends." * result.widened
    )
    yield from (f"**Mind.** {sentence}" for sentence in v.warnings)
    yield f"**Use this.**\n\n```python\n{code(result)}```"


def code(result: Result) -> str:
    """The best, and what ties with it, in optax where optax has it."""
    verdict, schedule = result.verdict, result.comparison.schedule
    foreign = not all(hasattr(optax, name) for name in verdict.tied)
    lines = ["import optax" + ", lab" * foreign, "", f"steps = {int(result.report.updates.max())}"]
    for place, name in enumerate(verdict.tied):
        home = "optax" if hasattr(optax, name) else "lab.optimizers"
        rate = f"{result.rates[name]:.3g}"
        if schedule == "cosine_decay_schedule":
            rate = f"optax.{schedule}({rate}, steps)"
        elif schedule != "constant_schedule":
            rate = f"lab.schedules.CATALOG[{schedule!r}].over({rate}, steps)"
        lines.append(f"{'# as good: ' * bool(place)}optimizer = {home}.{name}({rate})")
    return "\n".join(lines) + "\n"


def configurations(found: dict[str, Result]) -> Table:
    """The chosen settings side by side: a table apart, for it is not about optimizers."""
    header = ["task", "behind the best", "mean", "Hodges–Lehmann", "seeds on which it loses", "p"]
    rows = [
        [label, pair.optimizer, _cell(pair.behind, 4), f"{pair.shift:.4f}", f"{pair.beats:.0%}",
         f"{pair.p:.3f}"]
        for label, result in found.items()
        for pair in intervals.configurations(result)
    ]  # fmt: skip
    note = (
        "The chosen *configurations*, not the optimizers, compared over report seeds: differences "
        "of test loss, averaged over splits; other trials, or other splits, may say otherwise. "
        "Simultaneous 95 % intervals of a task; p is Holm's."
    )
    return Table(header, rows, note, "Configurations")


def over_all(found: dict[str, Result], problems: int) -> Table:
    """Over all problems."""
    names = across.ordered(found)
    reach, by_reach = across.scores(across.ratios(found.values(), names))
    loss, by_loss = intervals.of_problems(across.losses(found.values(), names), "iqm")
    columns = (across.ranks(found.values(), names), loss, reach)
    rows = [
        [name, *(_cell(Interval(*(part[i] for part in x)), 3) for x in columns)]
        for i, name in enumerate(names)
    ]
    note = (
        f"{problems} problems (splits of tasks). Loss is scaled to 0 for the best and 1 for no "
        f"training ({by_loss} intervals); the profile score is the mean height of the performance "
        f"profile up to τ = {across.R_MAX:g} ({by_reach} intervals)."
    )
    header = ["optimizer", "mean rank", "interquartile mean of scaled loss", "profile score"]
    return Table(header, rows, note, "Across tasks")


def work(record: Record[Optimizers]) -> Table:
    """Where the time went, as the sweeps have told; drawing is left out."""

    def told(name: str) -> float:
        return sum(part.attrs.get(name, 0.0) for part in record.values())

    seconds, steps = told(SECONDS), told("lane_updates")
    spent = {kind: told(f"seconds_{kind}") for kind in KINDS}
    shares = {
        "compiled training": spent["training"],
        "evaluation": spent["evaluating"],
        "compilation": spent["compiling"],
        "first parameters": spent["initializing"],
        "the host's part of sweeps": told("seconds") - sum(spent.values()),
        "statistics and baselines": seconds - told("seconds"),
    }
    cells = [f"{steps:,.0f}", f"{seconds:.0f}", f"{steps / seconds:,.0f}"]
    row = [*cells, *(f"{share / seconds:.0%}" for share in shares.values())]
    return Table(["run-steps", "seconds", "a second", *shares], [row], title="Where the time went")


def _words(metric: str) -> str:
    return metric.removeprefix("test_").replace("_", " ")


def _cell(x: Interval, digits: int) -> str:
    value, low, high = (f"{float(part):.{digits}f}" for part in x)
    return f"{value} ({low} – {high})" if np.isfinite(x.low) else value


def _plus_minus(interval: Interval) -> str:
    mean, low, _ = (float(part) for part in interval)
    return f"{mean:.4f} ± {mean - low:.4f}" if np.isfinite(mean) else "∞"


def _number(value: np.ndarray) -> str:
    return f"{float(value):,.4g}" if np.isfinite(value) else "never"
