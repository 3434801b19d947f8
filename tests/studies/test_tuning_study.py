"""The tuning study runs, redraws, goes on from its folder, and says what it was given."""

import math

import numpy as np
import pytest

from lab import InputError
from lab.search import Trial
from studies import tuning as study


def test_smoke_redraw_and_resume(tmp_path, monkeypatch):
    study.run(study.Tuning(smoke=True, out=tmp_path / "one"))
    study.run(study.Tuning(from_=tmp_path / "one", out=tmp_path / "two"))
    for name in ("table.md", "table.csv", "tuning.png"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    first = (tmp_path / "one" / "table.md").read_text()

    class Untrained:
        def __init__(self, *_, **__):
            pass

    monkeypatch.setattr(study, "Lanes", Untrained)  # what is known is not trained again
    study.run(study.Tuning(smoke=True, resume=tmp_path / "one"))
    assert (tmp_path / "one" / "table.md").read_text() == first


def test_no_absent_layer_is_reported():
    space = study.space(3, 32)
    rng = np.random.default_rng(0)
    trials = [
        Trial(i, space.at(rng.uniform(size=len(space))), {1.0: 0.5}, float(i)) for i in range(30)
    ]
    table = study.as_table(space, trials)
    for i in range(3):
        there = table.layers.values > i
        assert (np.isnan(table[f"units_{i}"].values) == ~there).all()
        assert (np.isnan(table[f"dropout_{i}"].values) == ~there).all()


def test_times_are_read_as_people_write_them():
    assert study.seconds("90s") == study.seconds("1.5m") == 90
    assert study.seconds(None) == math.inf
    for wrong in ("10", "m", "-1m", "ten minutes", ""):
        with pytest.raises(InputError, match="--budget"):
            study.seconds(wrong)


def test_a_search_is_over_when_its_time_is():
    now = [0.0]
    progress = study._Progress(10, 60.0, clock=lambda: now[0])
    assert not progress.over()
    now[0] = 60.0
    assert progress.over()


@pytest.mark.parametrize(
    ("given", "flag"), [({"trainings": 0}, "--trainings"), ({"layers": 1}, "--layers"),
                        ({"units": 20}, "--units"), ({"budget": "soon"}, "--budget")]
)  # fmt: skip
def test_flags_are_checked_before_anything_is_trained(given, flag, tmp_path):
    with pytest.raises(InputError, match=flag):
        study.run(study.Tuning(out=tmp_path, **given))
    assert not any(tmp_path.iterdir())
