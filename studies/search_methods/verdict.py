"""The computed statements of the study of search methods, each with its interval."""

import numpy as np
import xarray as xr
from scipy import stats

from lab import statistics
from lab.statistics.intervals import Interval
from studies.activations.verdict import judged, span

SPELT = {
    "grid": "grid", "random": "random", "sobol": "Sobol", "halving": "halving",
    "hyperband": "Hyperband", "tpe": "TPE", "gp": "Gaussian process",
}  # fmt: skip


def ratio(logs: np.ndarray, comparisons: int = 1) -> Interval:
    """Geometric mean of ratios over splits, from their logarithms; simultaneous intervals."""
    level = 1 - 0.05 / comparisons
    return Interval(*(np.exp(x) for x in statistics.mean_interval(logs, level=level)))


def test_losses(tested: xr.Dataset) -> dict[str, np.ndarray]:
    """Log of the test loss of what each method chose, [split], mean over fresh seeds."""
    loss = tested.test_loss.mean("seed").values
    return {
        name: np.log(loss[tested.method.values == name])
        for name in dict.fromkeys(tested.method.values.tolist())
    }


def against_random(
    found: dict[str, xr.Dataset], tested: xr.Dataset
) -> dict[str, tuple[Interval, Interval]]:
    """Least validation loss, and test loss of the chosen, over random search's on each split."""
    others = [name for name in found if name != "random"]
    last = {name: np.log(part.loss.isel(spent=-1).values) for name, part in found.items()}
    test = test_losses(tested)

    def over(logs: dict[str, np.ndarray], name: str) -> Interval:
        return ratio(logs[name] - logs["random"], len(others))

    return {name: (over(last, name), over(test, name)) for name in others}


def correlations(pool: xr.Dataset) -> np.ndarray:
    """Spearman's correlation of losses at each share with the last ones: [split, share]."""
    ranks = stats.rankdata(pool.loss.transpose("split", "setting", "share").values, axis=1)
    about = ranks - ranks.mean(1, keepdims=True)
    spread = np.sqrt((about**2).sum(1))
    last = about[..., -1:]
    with np.errstate(invalid="ignore"):  # all equal, as where all have diverged: no ranks
        return np.nan_to_num((about * last).sum(1) / (spread * spread[:, -1:]))


def formula(random: xr.Dataset, pool: xr.Dataset, k: int) -> Interval:
    """Best of k random trials over what order statistics expect of others of the same splits."""
    expected = statistics.expected_best(np.log(pool.loss.isel(share=-1).values), k)
    return ratio(np.log(random.loss.isel(spent=k - 1).values) - expected)


def caught_up(found: dict[str, xr.Dataset], name: str) -> int | None:
    """Trainings after which a method is, on average, where random search is at the end."""
    one, random = found[name].loss, found["random"].loss
    with np.errstate(divide="ignore"):
        mean = np.log(one.values).mean(0)
        goal = np.log(random.isel(spent=-1).values).mean()
    at = np.flatnonzero(mean <= goal)
    return int(one.spent.values[at[0]]) if len(at) else None


def _below(x: Interval) -> str:
    """Whether a ratio that is claimed to be below one is."""
    return judged(Interval(*(1 - np.asarray(v) for v in (x.estimate, x.high, x.low))))


def search_lines(found: dict[str, xr.Dataset], tested: xr.Dataset) -> list[str]:
    """Every method against random search."""
    lines = []
    for name, (seen, told) in against_random(found, tested).items():
        first = caught_up(found, name)
        speed = (
            f"it is where random search ends at {first} trainings"
            if first
            else "it does not get where random search ends"
        )
        lines.append(
            f"- *{SPELT[name].capitalize() if name != 'tpe' else 'TPE'} beats random search*: "
            f"**{_below(seen)}** by the least validation loss, {span(seen, '.2f')} times random "
            f"search's; **{_below(told)}** by the test loss of what is chosen, {span(told, '.2f')} "
            f"times ({found[name].sizes['split']} splits); {speed}."
        )
    return lines


def formula_lines(found: dict[str, xr.Dataset], pool: xr.Dataset) -> list[str]:
    """Whether random search does what order statistics say."""
    most = min(found["random"].sizes["spent"], pool.sizes["setting"])
    lines = []
    for k in sorted({max(1, most // 4), most}):
        x = formula(found["random"], pool, k)
        word = "held" if x.low <= 1 <= x.high else "did not hold"
        lines.append(
            f"- *Random search's best of {k} is what order statistics expect* of "
            f"{pool.sizes['setting']} other settings: **{word}**, {span(x, '.2f')} times."
        )
    return lines


def rank_lines(pools: dict[str, xr.Dataset]) -> list[str]:
    """What losses along the way foretell, case by case."""
    lines = []
    for name, pool in pools.items():
        found = statistics.mean_interval(correlations(pool), axis=0)
        share = pool.share.values
        first = Interval(*(x[0] for x in found))
        said = ", ".join(f"{r:+.2f} at 1/{1 / s:.0f}" for r, s in zip(found.estimate, share[:-1]))
        lines.append(
            f"- *Losses at 1/{1 / share[0]:.0f} of a training rank settings as the last ones do*, "
            f"{name}: **{judged(first)}**, rank correlation {span(first)} "
            f"({pool.sizes['split']} splits of {pool.sizes['setting']} settings; {said})."
        )
    return lines


def misled_lines(found: dict[str, xr.Dataset], tested: xr.Dataset, name: str) -> list[str]:
    """Whether methods that let go early are harmed where early losses mislead."""
    return [
        f"- *{SPELT[method].capitalize()} loses to random search where early losses mislead* "
        f"({name}): **{_below(Interval(*(1 / v for v in (seen.estimate, seen.high, seen.low))))}** "
        f"by the least validation loss, {span(seen, '.3f')} times random search's; test loss "
        f"{span(told, '.3f')} times."
        for method, (seen, told) in against_random(found, tested).items()
    ]
