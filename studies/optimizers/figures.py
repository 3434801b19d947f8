"""Figures of the optimizer comparison, and what their captions say."""

import numpy as np
from matplotlib.figure import Figure

from lab import plots
from lab.statistics import Interval
from lab.study import Record
from studies.optimizers import across
from studies.optimizers.curves import learning_curves, rate_sensitivity
from studies.optimizers.grids import rank_plot, schedule_heat
from studies.optimizers.ranking import ranking
from studies.optimizers.reaching import performance_profiles, survival_curves
from studies.optimizers.result import MANY, USUAL, Result, results
from studies.optimizers.runs import Optimizers


def figures(record: Record[Optimizers]) -> dict[str, Figure]:
    """All figures; what one task cannot show is left out."""
    found = results(record)
    one, ranked = next(iter(found.values())), across.ordered(found)
    look, say = plots.looks(ranked), captions(found)
    unit = one.currency.replace("_", " ").replace("examples", "training examples")
    targets = {label: r.targets[USUAL] for label, r in found.items()}
    times = across.ratios(found.values(), ranked)
    drawn = {
        "curves": learning_curves(
            {label: {s: r.curves(s) for s in r.schedules} for label, r in found.items()},
            look, unit, say["curves"],
        ),
        "rates": rate_sensitivity(
            {label: {n: r.tuned(n) for n in r.verdict.ranked} for label, r in found.items()},
            {label: r.rates for label, r in found.items()},
            {label: r.untrained for label, r in found.items()},
            look, say["rates"],
        ),
        "ranking": ranking(
            {label: (r.verdict.ranked, r.verdict.loss) for label, r in found.items()},
            {label: r.verdict.tied for label, r in found.items()},
            {label: r.baseline("test_loss") for label, r in found.items()},
            say["ranking"],
        ),
        "survival": survival_curves(
            {label: {n: r.merged(n) for n in r.verdict.ranked} for label, r in found.items()},
            look, targets, unit, say["survival"],
        ),
        "best_of": plots.best_of_curves(
            {label: {n: r.best_of(n) for n in ranked} for label, r in found.items()},
            look, say["best_of"],
        ),
        "profile": performance_profiles(
            dict(zip(ranked, times)), look, across.scores(times)[0], say["profile"]
        ),
    }  # fmt: skip
    if len(ranked) > 1:
        means = across.ranks(found.values(), ranked)
        order = np.argsort(means.estimate, kind="stable")
        overall = [ranked[i] for i in order], Interval(*(part[order] for part in means))
        places = {label: (r.verdict.ranked, r.verdict.places) for label, r in found.items()}
        drawn["ranks"] = rank_plot(places, overall, say["ranks"])
    heats = {label: heat for label, r in found.items() if (heat := r.heat()) is not None}
    if heats:
        drawn["schedules"] = schedule_heat(heats, say["heat"])
    matrices = {
        label: (best, r.tested(best, "test_confusion").mean((0, 1)))
        for label, r in found.items()
        for best in r.verdict.ranked[:1]
        if "test_confusion" in r.report
    }
    if matrices:
        drawn["confusion"] = plots.confusions(matrices, say["confusion"])
    return drawn


def captions(results: dict[str, Result]) -> dict[str, str]:
    """A caption for each figure: budget, seeds, splits, trials."""
    one = next(iter(results.values()))
    c = one.comparison
    updates = " / ".join(f"{int(r.report.updates.max()):,}" for r in results.values())
    budget = f"Budget: {c.budget} ({updates} updates: {' / '.join(results)})"
    splits = f"{one.splits} split{'s' * (one.splits > 1)}"
    unit = "splits" if one.splits >= MANY else "seeds"
    trials = f"{c.trials} learning rates for every optimizer, {c.tune_seeds} tuning seeds, {splits}"
    audited = c.audit_seeds or c.report_seeds
    fresh = f"{c.confirm_seeds} fresh seeds on {splits}"
    many = len(one.verdict.ranked) > plots.NAMED
    named = f" The {plots.NAMED} best are named, the others grey." if many else ""
    return {
        "curves": f"{budget}; mean over {fresh}, 95 % t interval over {unit}; rate chosen among "
        f"{trials}; schedules beside the first on one split. The axis begins where the named ones "
        f"are at the second evaluation.{named}",
        "rates": f"{budget}; {trials}: mean and range of final loss. Rings: what is chosen.{named}",
        "ranking": f"{budget}; test loss after tuning ({trials}, {audited} report seeds), "
        "95 % interval with splits, trials and seeds drawn again. Blue circles: not to be told "
        "from the best (simultaneous 95 %). Dashed: scikit-learn's defaults.",
        "survival": f"{budget}; Kaplan–Meier over {fresh}, 95 % bands. Target: validation loss of "
        f"the tuned reference at {USUAL:.0%} of its budget.{named}",
        "best_of": f"{budget}; expected test loss of the best of k trials by validation loss "
        f"({splits}, {audited} report seeds), unbiased; 95 % t interval over {unit}.{named}",
        "profile": f"{budget}; share of problems (task and split) whose target is reached within "
        f"τ times the fastest's {one.currency}; medians of {c.confirm_seeds} seeds. It depends on "
        f"who competes.{named}",
        "ranks": f"{budget}; rank by test loss, mean over tasks with 95 % interval over resampled "
        "runs; right: how often each place is taken when splits, trials and seeds are drawn again.",
        "heat": f"{budget}; validation loss at the best of {c.trials} rates for each schedule, "
        f"{c.tune_seeds} tuning seeds, one split. Selected and shown on the same seeds.",
        "confusion": f"{budget}; test rows of the best optimizer, mean over {c.report_seeds} seeds "
        f"on {splits}; rows sum to 100 %.",
    }
