"""The flagship study from the command line; what it says of its records."""

import sys

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from lab.statistics import Interval, TimeToTarget
from lab.study import Record, command
from lab.study.folder import SECONDS
from studies.optimizers import claims
from studies.optimizers.__main__ import STUDY
from studies.optimizers.runs import Optimizers, planned
from studies.optimizers.tables import work


@pytest.fixture
def run(monkeypatch):
    """The study with these flags, in this process: JAX has started already."""
    monkeypatch.setattr(command, "start_jax", lambda: None)

    def call(*flags):
        monkeypatch.setattr(sys, "argv", ["studies.optimizers", *map(str, flags)])
        command.main(STUDY)

    return call


def test_the_table_has_optimizers_and_baselines_and_says_what_to_use(smoke):
    folder = smoke("optimizers")
    table = pd.read_csv(folder / "table.csv")
    baselines = {"constant", "linear", "gradient boosting"}
    assert set(table.optimizer.str.strip(" =*")) == {"adam", "sgd", *baselines}
    assert set(table.task) == {"iris", "diabetes"}
    said = (folder / "table.md").read_text()
    assert said.count("**Use this.**") == 2
    assert "Too few trials for a winner: 4 of at least 12." in said


def test_a_users_file_with_categories_and_gaps(run, tmp_path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"size": rng.normal(size=200), "colour": rng.choice(["red", "blue"], 200)})
    frame["price"] = 3 * frame["size"] + (frame.colour == "red") + rng.normal(size=200) / 10
    frame.loc[::17, "size"] = np.nan
    frame.to_csv(tmp_path / "houses.csv", index=False)
    data = ["--data", tmp_path / "houses.csv", "--target", "price"]
    run("--smoke", *data, "--no-timed", "--budget", "flops=4e6", "--out", tmp_path / "out")
    table = pd.read_csv(tmp_path / "out" / "table.csv")
    assert set(table.task) == {"houses"}
    assert "rmse" in table.columns
    assert "alone, s" not in table.columns


BAD = {
    "unknown optimizer": (["--optimizers", "adamm"], "'adamm'"),
    "unknown task": (["--tasks", "digitz"], "'digitz'"),
    "one seed": (["--seeds", "1"], "--seeds"),
    "target without data": (["--target", "price"], "--data"),
    "absent file": (["--data", "nowhere.csv", "--target", "y"], "nowhere.csv"),
    "absent record": (["--from", "nowhere.nc"], "nowhere.nc"),
    "absent folder": (["--resume", "nowhere"], "nowhere"),
    "negative budget": (["--epochs", "-1"], "epochs"),
    "no trials": (["--trials", "0"], "trials"),
    "no splits": (["--splits", "0"], "splits"),
    "unknown currency": (["--budget", "dollars=3"], "CURRENCY=AMOUNT"),
    "no amount": (["--budget", "flops"], "--budget"),
    "no batch": (["--batch-sizes", "many"], "--batch-sizes"),
    "unknown schedule": (["--schedules", "cosinus"], "'cosinus'"),
    "nobody to rank": (["--optimizers", "lbfgs"], "none can be ranked"),
}


@pytest.mark.parametrize(("flags", "words"), BAD.values(), ids=BAD.keys())
def test_bad_flags_end_in_one_sentence(run, flags, words, tmp_path, capsys):
    named = [] if "--optimizers" in flags else ["--optimizers", "adam"]
    with pytest.raises(SystemExit) as stop:
        run(*named, *flags, *([] if "--resume" in flags else ["--out", tmp_path]))
    assert stop.value.code == 2
    sentence = capsys.readouterr().err
    assert words in sentence
    assert sentence.count("\n") == 1
    assert not list(tmp_path.iterdir())


FILES = {
    "no target column": ("a,b\n" + "1,2\n" * 50, "'y'"),
    "one class only": ("a,y\n" + "".join(f"{i},yes\n" for i in range(50)), "class"),
    "gaps in the target": (
        "a,y\n" + "".join(f"{i},{i if i % 3 else ''}\n" for i in range(50)),
        "y",
    ),
    "empty": ("", "own.csv"),
    "too small": ("a,y\n1,0\n2,1\n", "rows"),
    "batch larger than the split": (
        "a,y\n" + "".join(f"{i * 79 % 97 / 7},{i % 2}\n" for i in range(40)),
        "batch_size",
    ),
}


@pytest.mark.parametrize(("text", "words"), FILES.values(), ids=FILES.keys())
def test_bad_files_end_in_one_sentence(run, text, words, tmp_path, capsys):
    file, out = tmp_path / "own.csv", tmp_path / "out"
    file.write_text(text)
    with pytest.raises(SystemExit) as stop:
        run("--optimizers", "adam", "--data", file, "--target", "y", "--out", out)
    assert stop.value.code == 2
    sentence = capsys.readouterr().err
    assert words in sentence
    assert sentence.count("\n") == 1
    assert not [path for path in out.rglob("*") if path.is_file()]


def test_another_set_has_other_splits_seeds_and_rates():
    (first, *_), (other, *_) = (
        [plan for *_, plan in planned(Optimizers(fresh=fresh))] for fresh in (0, 1)
    )
    assert first.splits == (0, 1, 2, 3, 4)
    assert not set(first.splits) & set(other.splits)
    assert first.first == 0
    assert other.first >= 10_000
    assert first.rates()["adam"] != other.rates()["adam"]


class Known:
    """A result of which only times to the target are known."""

    name, currency = "digits", "examples"

    def __init__(self, **times):
        self.times = times

    def reached(self, name):
        time = np.asarray(self.times[name], float)
        return TimeToTarget(np.where(np.isfinite(time), time, 99.0), np.isfinite(time))


@pytest.mark.parametrize(
    ("adam", "sgd", "outcome"),
    [
        ([10, 20, 10, 20], [30, 50, 30, 50], "held"),
        ([30, 30, 30, 30], [40, 40, 40, 40], "did not hold"),
        ([10, 10, 10, 10], [np.inf, np.inf, np.inf, np.inf], "held"),  # who misses is later
        ([np.inf, np.inf, np.inf, np.inf], [np.inf, np.inf, np.inf, np.inf], "inconclusive"),
        ([60, 60, 60, 60], [np.inf, 50, np.inf, 50], "inconclusive"),
    ],
)
def test_a_run_that_misses_the_target_is_later_than_any(adam, sgd, outcome):
    (claim,) = claims._faster({"digits": Known(adam=[adam], sgd=[sgd])})
    assert claim.outcome == outcome
    assert (claim.n, claim.unit) == (4, "seeds")


def test_the_least_of_several_decides():
    x = claims._least(Interval(*np.array([[1.0, 2.0], [0.5, -1.0], [3.0, 2.5]])))
    assert tuple(map(float, x)) == (1.0, -1.0, 2.5)


def test_shares_of_the_time_of_a_study():
    told = {
        "lane_updates": 1000, "seconds": 8.0, "seconds_compiling": 1.0, "seconds_training": 6.0,
        "seconds_initializing": 0.2, "seconds_evaluating": 0.5, SECONDS: 10.0,
    }  # fmt: skip
    table = work(Record(Optimizers(), {"a": xr.Dataset(attrs=told), "b": xr.Dataset()}))
    row = dict(zip(table.header, table.rows[0]))
    assert (row["run-steps"], row["seconds"], row["a second"]) == ("1,000", "10", "100")
    shares = {
        "compiled training": "60%",
        "evaluation": "5%",
        "compilation": "10%",
        "first parameters": "2%",
        "the host's part of sweeps": "3%",
        "statistics and baselines": "20%",
    }
    assert {name: row[name] for name in shares} == shares
