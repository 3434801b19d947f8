"""The study of slices runs, redraws itself, and reads sharpness and truth as it says."""

import numpy as np
import xarray as xr

from studies.loss_slices import __main__ as study
from studies.loss_slices import report


def test_smoke_redrawing_and_resuming(smoke, resume, monkeypatch):
    folder = smoke(study)
    assert "Verdict" in (folder / "table.md").read_text()
    monkeypatch.setattr(study, "measured", None)  # what is finished is not measured again
    resume(study, folder)


def test_a_rescaled_twin_is_the_same_function():
    task = study._task()
    params = task.problem.init(study.init_key(0), task.hypers).params
    rows = {k: v[:64] for k, v in task.source.prepare(0).rows.items()}
    params = study.jax.tree.map(lambda w: w + 0.05, params)  # biases that count
    twin = study._twin(params)
    a, b = (study.training_loss(p, rows) for p in (params, twin))
    np.testing.assert_allclose(a, b, rtol=1e-5)
    assert not np.allclose(params["output"]["kernel"], twin["output"]["kernel"])


def test_factors_and_sharpness():
    shown = xr.DataArray([[[1.0, 2.0, 0.5]]], dims=("seed", "plane", "point"))
    arm = xr.Dataset({"shown": shown, "true": (("seed", "point"), np.ones((1, 3)))})
    np.testing.assert_allclose(report.factors(arm).values, [[2 ** (2 / 3)]])
    reach = study.REACH
    line = np.exp(1.0) * reach**2 / report.STEP**2 + 0.1  # rises by e at the step
    arm = xr.Dataset(
        {"line": (("seed", "place", "kind", "reach"), line[None, None, None])},
        {"place": ["end"], "kind": ["raw"], "reach": reach},
    )
    np.testing.assert_allclose(report.sharpness(arm, "end", "raw"), [1.0])
    np.testing.assert_array_equal(report._of_logs(np.zeros(3)), 1.0)
