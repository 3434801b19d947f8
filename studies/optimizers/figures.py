"""Figures of the optimizer comparison, and what their captions say."""

import numpy as np

from lab import plots
from lab.statistics import Interval
from lab.study.cli import Folder
from studies.optimizers import across
from studies.optimizers.across import USUAL
from studies.optimizers.result import MANY, Result


def figures(results: dict[str, Result], folder: Folder) -> None:
    """All figures; what one task cannot show is left out."""
    one, ranked = next(iter(results.values())), across.ordered(results)
    look, say = plots.looks(ranked), captions(results)
    unit = one.currency.replace("_", " ").replace("examples", "training examples")

    def save(figure, name: str) -> None:
        plots.save(figure, folder.path / f"{name}.png")

    curves = {k: {s: r.curves(s) for s in r.schedules} for k, r in results.items()}
    save(plots.learning_curves(curves, look, unit, say["curves"]), "curves")
    save(
        plots.rate_sensitivity(
            {k: _rates(r) for k, r in results.items()},
            {k: r.rates for k, r in results.items()},
            {k: r.untrained for k, r in results.items()},
            look,
            say["rates"],
        ),
        "rates",
    )
    save(
        plots.ranking(
            {k: (r.verdict.ranked, r.verdict.loss) for k, r in results.items()},
            {k: r.verdict.tied for k, r in results.items()},
            {k: baselines_of(r, "test_loss") for k, r in results.items()},
            say["ranking"],
        ),
        "ranking",
    )
    save(
        plots.survival_curves(
            {k: r.survival(USUAL) for k, r in results.items()},
            look,
            {k: r.targets[USUAL] for k, r in results.items()},
            unit,
            say["survival"],
        ),
        "survival",
    )
    best_of = {k: {n: r.best_of(n) for n in ranked} for k, r in results.items()}
    save(plots.best_of_curves(best_of, look, say["best_of"]), "best_of")
    times = across.ratios(results, ranked)
    scores = _each(ranked, across.scores(times)[0])
    by_name = dict(zip(ranked, times))
    save(
        plots.performance_profiles(by_name, look, scores, times.shape[1], say["profile"]), "profile"
    )
    if len(ranked) > 1:
        places = {k: (r.verdict.ranked, r.verdict.places) for k, r in results.items()}
        means = across.ranks(results, ranked)
        order = np.argsort(means.estimate, kind="stable")
        means = [ranked[i] for i in order], Interval(*(part[order] for part in means))
        save(plots.rank_plot(places, means, say["ranks"]), "ranks")
    heats = {k: heat for k, r in results.items() if (heat := r.heat()) is not None}
    if heats:
        save(plots.schedule_heat(heats, say["heat"]), "schedules")
    matrices = {
        k: (r.verdict.ranked[0], r.tested(r.verdict.ranked[0], "test_confusion").mean((0, 1)))
        for k, r in results.items()
        if r.kind == "classification"
    }
    if matrices:
        save(plots.confusions(matrices, say["confusion"]), "confusion")


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


def _each(names: list[str], interval: Interval) -> dict[str, Interval]:
    return {name: Interval(*(part[i] for part in interval)) for i, name in enumerate(names)}


def _rates(result: Result) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    final = result.tuning.validation_loss.isel(step=-1)
    return {
        name: (
            result.tuning.learning_rate.sel(optimizer=name).values,
            final.sel(optimizer=name)
            .transpose("trial", "split", "seed")
            .values.reshape(result.comparison.trials, -1),
        )
        for name in result.verdict.ranked
    }


def baselines_of(result: Result, metric: str) -> dict[str, float]:
    """Mean over splits of a test metric of each baseline."""
    if result.baselines is None:
        return {}
    means = result.baselines[metric].mean("split")
    return {str(name): float(means.sel(baseline=name)) for name in means.baseline.values}
