"""Figures, tables and verdict of the optimizer comparison, from the record alone."""

import numpy as np
import optax
import xarray as xr

from lab import protocol, records, statistics
from lab.protocol import SHARES
from lab.statistics import Interval
from lab.study.cli import Folder
from lab.study.tables import comma_separated, markdown
from studies.optimizers import intervals
from studies.optimizers.across import USUAL, section
from studies.optimizers.figures import baselines_of, figures
from studies.optimizers.result import Result, over_units


def draw(record: xr.DataTree, folder: Folder) -> None:
    """Write every figure, the tables and the verdict."""
    told = records.manifest(record)["configuration"]
    results = {
        name: Result(name, node, told["comparisons"][name])
        for name, node in record.children.items()
    }
    protocol.comparable(*(part for r in results.values() for part in r.swept))
    figures(results, folder)
    rows = [{"task": name} | row for name, r in results.items() for row in table(r)]
    pages = [page(result) for result in results.values()]
    if told["left_out"]:
        reasons = "\n".join(f"- `{name}` {reason}." for name, reason in told["left_out"].items())
        pages.append(f"## Not ranked\n\n{reasons}\n")
    text = "# Optimizers at equal budget\n\n" + "\n".join([*pages, *_together(results)])
    folder.text("table.md", text)
    keys = list(dict.fromkeys(key for row in rows for key in row))
    folder.text("table.csv", comma_separated(keys, [[r.get(k, "") for k in keys] for r in rows]))
    print(f"\n{text}\nfigures, tables and record: {folder.path}")


def table(result: Result) -> list[dict[str, str]]:
    """A line for each optimizer, the best first, then the baselines."""
    verdict, sensitivity = result.verdict, result.sensitivity()
    metrics = [str(v) for v in result.report.data_vars if str(v).startswith("test_")]
    metrics = [m for m in metrics if m not in ("test_loss", "test_confusion")]
    rows = []
    for i, name in enumerate(verdict.ranked):
        reached = result.reached(name, USUAL)
        merged = type(reached)(reached.time.ravel(), reached.hit.ravel())
        loss = Interval(*(part[i] for part in verdict.loss))
        rows.append(
            {
                "optimizer": name + (" =" if name in verdict.tied else ""),
                "rate": f"{result.rates[name]:.2g}",
                "test loss after tuning": f"{loss.estimate:.4f} ({loss.low:.4f} – {loss.high:.4f})",
                **{_words(m): _plus_minus(over_units(result.tested(name, m))) for m in metrics},
                f"{result.currency} to {result.targets[USUAL]:.3g}": _number(
                    float(statistics.median_time(merged))
                ),
                "expected": _number(float(statistics.expected_running_time(merged))),
                "reached": f"{float(merged.hit.mean()):.0%}",
                "diverged": f"{result.diverged(name):.0%}",
                "good rates, decades": f"{float(sensitivity[name].width):.1f}",
                "MFLOP": f"{result.spent(name, 'flops')[-1] / 1e6:,.0f}",
            }
        )
        if "seconds" in result.confirm.coords:
            rows[-1]["alone, s"] = f"{result.spent(name, 'seconds')[-1]:.2g}"
    if result.baselines is not None:
        for name in result.baselines.baseline.values.tolist():
            row = {"optimizer": f"*{name}*", "test loss after tuning": ""}
            row["test loss after tuning"] = f"{baselines_of(result, 'test_loss')[name]:.4f}"
            rows.append(row | {_words(m): f"{baselines_of(result, m)[name]:.4f}" for m in metrics})
    return rows


def page(result: Result) -> str:
    """Table and verdict of one task."""
    rows = table(result)
    header = list(rows[0])
    lines = markdown(header, [[row.get(key, "") for key in header] for row in rows])
    return f"## {result.name}\n\n{lines}\n{words(result)}"


def words(result: Result) -> str:
    """The verdict, no louder than the numbers."""
    c, v = result.comparison, result.verdict
    best, behind = v.ranked[0], v.behind
    splits = f"{result.splits} split{'s' * (result.splits > 1)}"
    audited = c.audit_seeds or c.report_seeds
    basis = (
        f"{c.trials} trials for each of {len(v.ranked)} optimizers, {c.tune_seeds} tuning and "
        f"{audited} report seeds on {splits}, {c.budget} each, margin {c.margin:g}"
    )
    if len(v.ranked) == 1:
        says = f"`{best}` ran alone."
    elif v.winner is not None:
        says = (
            f"`{best}` wins: it is ahead of `{v.ranked[1]}` by {behind.estimate[1]:.4f} "
            f"({behind.low[1]:.4f} – {behind.high[1]:.4f}) in test loss, and of the others by more."
        )
    else:
        others = ", ".join(f"`{name}`" for name in v.tied if name != best)
        widest = max(v.tied[1:], key=lambda n: behind.low[v.ranked.index(n)])
        i = v.ranked.index(widest)
        says = (
            f"A tie: `{best}` has the least test loss, and cannot be told from {others} (for "
            f"`{widest}` the difference is {behind.estimate[i]:.4f}, {behind.low[i]:.4f} – "
            f"{behind.high[i]:.4f})."
        )
        beaten = [n for n in v.ranked if n not in v.tied]
        if beaten:
            says += f" Beaten: {', '.join(f'`{n}`' for n in beaten)}."
    often = {n: d for n in v.ranked if (d := result.diverged(n)) > 0}
    failed = ", ".join(f"`{n}` {share:.0%}" for n, share in often.items()) or "none"
    never = [n for n in v.ranked if not result.reached(n, USUAL).hit.any()]
    targets = ", ".join(f"{target:.4g}" for target in result.targets.values())
    shares = ", ".join(f"{share:.0%}" for share in SHARES)
    lines = [
        f"**Verdict.** {says} Simultaneous 95 % intervals, with splits, trials (selection redone) "
        f"and seeds drawn again: {basis}. Diverged in the report: {failed}.",
        f"Targets declared by the tuning: validation loss {targets}, which the tuned reference "
        f"reaches at {shares} of its budget."
        + (f" The middle one is reached by no run of {', '.join(never)}." if never else ""),
    ]
    lines += [f"**Mind.** {sentence}" for sentence in v.warnings]
    if c.widened > 1:
        lines.append(f"Everyone's space was widened {c.widened:.3g}-fold at both ends.")
    lines.append("`=` marks the best and what ties with it.")
    lines += configured(result)
    return "\n\n".join([*lines, "**Use this.**\n\n```python\n" + code(result) + "```\n"])


def configured(result: Result) -> list[str]:
    """The chosen settings side by side: a table apart, for it is not about optimizers."""
    rows = [
        [
            pair.optimizer,
            "{:.4f} ({:.4f} – {:.4f})".format(*map(float, pair.behind)),
            f"{pair.shift:.4f}",
            f"{pair.beats:.0%}",
            f"{pair.p:.3f}",
        ]
        for pair in intervals.configurations(result)
    ]
    if not rows:
        return []
    header = ["behind the best", "mean", "Hodges–Lehmann", "seeds on which it loses", "p"]
    return [
        "<details><summary>The chosen <em>configurations</em>, not the optimizers, compared over "
        "report seeds: differences of test loss, averaged over splits; other trials, or other "
        "splits, may say otherwise. Simultaneous 95 % intervals; p is Holm's.</summary>",
        markdown(header, rows),
        "</details>",
    ]


def code(result: Result) -> str:
    """The best, and what ties with it, in optax where optax has it."""
    verdict, schedule = result.verdict, result.comparison.schedule
    steps = int(result.report.updates.max())
    foreign = not all(hasattr(optax, n) for n in verdict.tied)
    lines = ["import optax" + ", lab" * foreign, "", f"steps = {steps}"]
    for place, name in enumerate(verdict.tied):
        home = "optax" if hasattr(optax, name) else "lab.optimizers"
        rate = f"{result.rates[name]:.3g}"
        if schedule == "cosine_decay_schedule":
            rate = f"optax.{schedule}({rate}, steps)"
        elif schedule != "constant_schedule":
            rate = f"lab.schedules.CATALOG[{schedule!r}].over({rate}, steps)"
        note = "# as good: " if place else ""
        lines.append(f"{note}optimizer = {home}.{name}({rate})")
    return "\n".join(lines) + "\n"


def _together(results: dict[str, Result]) -> list[str]:
    one = next(iter(results.values()))
    problems = sum(result.splits for result in results.values())
    several = len(one.verdict.ranked) > 1 and problems > 1
    return [
        *([section(results)] if several else []),
        intervals.coverage(one.comparison.report_seeds, problems),
    ]


def _words(metric: str) -> str:
    return metric.removeprefix("test_").replace("_", " ")


def _plus_minus(interval: Interval) -> str:
    mean, low, _ = (float(part) for part in interval)
    return f"{mean:.4f} ± {mean - low:.4f}" if np.isfinite(mean) else "∞"


def _number(value: float) -> str:
    return f"{value:,.4g}" if np.isfinite(value) else "never"
