"""Every rule whose authors' own code was recorded moves as that code does, or says why not."""

import json
from pathlib import Path

import numpy as np
import pytest

from lab import optimizers
from lab.optimizers import CATALOG
from studies._site import authors as _authors
from studies._site.composed import COMPOSED

ASKED_FOR = {
    *("soap", "momo", "momo_adam", "schedule_free_sgd", "schedule_free_adamw", "prodigy", "muon"),
    *("ademamix", "adopt", "dog", "madgrad", "sm3", "sam_sgd", "shampoo", "lion", "adabelief"),
}

UNSCHEDULED = {"dowg": "has no rate", "lars": "timm's rate is outside of the velocity"}


@pytest.mark.parametrize("name", _authors.names())
def test_it_moves_as_the_code_of_its_authors(name):
    for case, error in _authors.errors(name).items():
        assert error <= 1e-12, case


def test_a_path_that_is_no_number_is_no_agreement(monkeypatch):
    path = _authors.path
    monkeypatch.setattr(
        _authors, "path", lambda *given: {k: v * np.nan for k, v in path(*given).items()}
    )
    assert all(np.isnan(error) for error in _authors.errors("qhm").values())


def test_records_are_of_rules_that_exist():
    assert set(_authors.names()) <= set(CATALOG) | set(COMPOSED)
    assert set(_authors.names()) >= ASKED_FOR


def test_departures_are_told_where_users_look():
    page = (Path(_authors.FOLDER).parents[2] / "figures" / "parity.md").read_text()
    said_plainly = {
        "optimistic_adam_v2",
        "fromage",
        "prodigy",
        "muon",
        "reduce_on_plateau",
        "madgrad",
    }
    assert set(_authors.DEPARTURES) >= said_plainly
    for name, told in _authors.DEPARTURES.items():
        assert hasattr(optimizers, name)
        assert f"- `{name}`: {told}" in page, "run `python -m studies._site.parity`"


@pytest.mark.parametrize("name", _authors.names())
def test_a_record_is_small_and_not_of_one_case(name):
    record = _authors.recorded(name)
    assert record["source"]
    assert len(record["cases"]) > 1
    assert any(case["scheduled"] for case in record["cases"].values()) or name in UNSCHEDULED
    assert (_authors.FOLDER / f"{name}.json").stat().st_size < 50_000


def test_the_problem_is_hard():
    problem = _authors.problem()
    shapes = {np.shape(x) for x in problem["start"].values()}
    assert {(), (1,)} <= shapes
    assert {len(shape) for shape in shapes} >= {0, 1, 2, 4}
    assert any(shape[0] == 1 and len(shape) == 2 for shape in shapes if shape)
    sizes = np.concatenate([np.abs(np.ravel(x)) for x in problem["gradients"].values()])
    assert (sizes == 0).any()
    assert np.min(sizes[sizes > 0]) < 1e-6
    assert np.max(sizes) > 1e2


def test_the_problem_is_what_its_program_makes(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(_authors.FOLDER).parent))
    import problem

    made = {key: x.tolist() for key, x in problem.gradients().items()}
    assert json.loads(json.dumps(made)) == _authors.problem()["gradients"]
