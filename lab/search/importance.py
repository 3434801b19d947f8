"""How much of the spread of losses each parameter accounts for."""

import numpy as np
import xarray as xr

from lab.search._bayesian import optuna
from lab.search.loop import Trial
from lab.search.space import Space
from lab.search.storage import distribution
from lab.validation.checks import checked
from lab.validation.errors import require
from lab.validation.kinds import Count


@checked
def importances(space: Space, trials: list[Trial], repeats: Count = 8) -> xr.DataArray:
    """Functional analysis of variance by random forests (Optuna's `FanovaImportanceEvaluator`).

    Hutter, Hoos & Leyton-Brown, ICML 2014: the share of the variance of the loss, over the space,
    that a parameter explains by itself. Of the logarithm of finite losses of full trainings; of
    parameters that are there in every trial. Shares of what those explain, summing to 1.

    Args:
      space: That was searched.
      trials: Of the search; at least four with a finite loss.
      repeats: Forests, each of a seed of its own: how far they differ is told by the spread.

    Returns:
      (parameter, forest).

    Raises:
      InputError: If there are too few trials.
    """
    library = optuna()
    done = [trial for trial in trials if np.isfinite(trial.loss)]
    require(
        len(done) >= 4, f"importances need at least 4 trials with a finite loss, given {len(done)}."
    )
    study = library.create_study()
    for trial in done:
        of = {name: distribution(space.domain(name)) for name in trial.configuration}
        study.add_trial(
            library.trial.create_trial(
                params=trial.configuration,
                distributions=of,
                value=float(np.log(max(trial.loss, np.finfo(float).tiny))),
            )
        )
    found = [
        library.importance.get_param_importances(
            study, evaluator=library.importance.FanovaImportanceEvaluator(seed=seed)
        )
        for seed in range(repeats)
    ]
    names = [name for name in space if name in found[0]]
    shares = [[one[name] for one in found] for name in names]
    return xr.DataArray(shares, dims=("parameter", "forest"), coords={"parameter": names})
