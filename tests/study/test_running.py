"""A run takes its settings from where it was begun, and refuses what a study may not yield."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import lab
from lab.study import Settings, Study
from lab.study.command import run


@dataclass(frozen=True)
class Small(Settings):
    seeds: int = 4
    points: tuple[float, ...] = (0.5, 1.5)


def drawn(s):
    return xr.Dataset({"x": ("seed", np.random.default_rng(s.fresh).normal(size=s.seeds))})


def study(parts=None):
    def usual(s):
        yield "draws/all", lambda _: drawn(s)

    return Study("made", Small(), Small(seeds=2), parts or usual, lambda _: (), lambda _: {})


def yielding(*pairs):
    def parts(s):
        for pair in pairs:
            yield pair(s) if callable(pair) else pair

    return parts


def make(s):
    return ("a", lambda _: drawn(s))


YIELDED = {
    "a list": (lambda s: [make(s)], "must be a generator"),
    "no pair": (yielding(3), r"must yield \(label"),
    "no function": (yielding(("a", 3)), r"must yield \(label"),
    "no word": (yielding((3, make)), r"must yield \(label"),
    "a label twice": (yielding(make, make), "distinct words"),
    "a label that leads elsewhere": (yielding(("../a", drawn)), "distinct words"),
    "an empty label": (yielding(("", drawn)), "distinct words"),
    "nothing": (yielding(), "has no part"),
    "no dataset": (yielding(("a", lambda _: {"x": 1})), "must be an xarray.Dataset"),
}


@pytest.mark.parametrize(("parts", "said"), YIELDED.values(), ids=YIELDED)
def test_what_a_study_may_not_yield(parts, said, tmp_path):
    with pytest.raises(lab.InputError, match=said):
        run(study(parts), {"out": tmp_path / "run"})


def test_a_smoke_run_leaves_a_full_one_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run(study(), {})
    run(study(), {"smoke": True})
    assert sorted(path.name for path in Path("runs").iterdir()) == ["made", "made-smoke"]
    assert lab.records.load_tree("runs/made/record.nc")["draws/all"].sizes["seed"] == 4


def test_a_run_is_resumed_and_verified_with_its_own_settings(tmp_path, capsys):
    run(study(), {"out": tmp_path, "seeds": 3, "fresh": 2})
    capsys.readouterr()
    run(study(), {"resume": tmp_path})
    assert "made: draws/all" not in capsys.readouterr().out  # nothing is made again
    run(study(), {"verify": tmp_path})
    assert "bitwise the record's" in capsys.readouterr().out
    run(study(), {"resume": tmp_path, "seeds": 5})
    assert lab.records.load_tree(tmp_path / "record.nc")["draws/all"].sizes["seed"] == 5


@pytest.mark.parametrize("way", ["from_", "verify"])
def test_what_a_mode_would_ignore_is_refused(way, tmp_path):
    run(study(), {"out": tmp_path})
    with pytest.raises(lab.InputError, match="give it without --seeds"):
        run(study(), {way: tmp_path, "seeds": 3})


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"seeds": 3}'])
def test_settings_that_are_broken_are_refused(text, tmp_path):
    run(study(), {"out": tmp_path})
    (tmp_path / "settings.json").write_text(text)
    for way in ("resume", "verify"):
        with pytest.raises(lab.InputError, match=r"settings\.json holds no settings"):
            run(study(), {way: tmp_path})
