"""The flagship study from the command line: whole, redrawn, resumed, and refused."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from lab.study import cli as _cli
from studies.optimizers import __main__ as optimizers

SMALL = ["--smoke", "--optimizers", "adam,sgd"]
FIGURES = (
    "curves", "rates", "ranking", "survival", "best_of", "profile", "ranks", "schedules",
    "confusion",
)  # fmt: skip
BASELINES = ("constant", "linear", "gradient boosting")


@pytest.fixture
def run(monkeypatch):
    """The study with these flags, in this process: JAX has started already."""
    monkeypatch.setattr(_cli, "start_jax", lambda: None)

    def call(*flags):
        monkeypatch.setattr(sys, "argv", ["studies.optimizers", *map(str, flags)])
        _cli.main(optimizers.Optimizers, optimizers.run)

    return call


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("optimizers")
    command = [sys.executable, "-m", "studies.optimizers", *SMALL, "--tasks", "iris", "--out", path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return path


def test_everything_is_written(folder):
    for name in (
        "record.nc",
        "manifest.json",
        "table.md",
        "table.csv",
        *(f"{name}.png" for name in FIGURES),
    ):
        assert (folder / name).stat().st_size > 100, name
    table = pd.read_csv(folder / "table.csv")
    assert set(table.optimizer.str.strip(" =*")) == {"adam", "sgd", *BASELINES}
    assert "**Use this.**" in (folder / "table.md").read_text()


def test_redrawing_trains_nothing_and_gives_the_same(run, folder, tmp_path):
    run("--from", folder, "--out", tmp_path)
    assert (tmp_path / "table.md").read_text() == (folder / "table.md").read_text()
    assert (tmp_path / "curves.png").read_bytes() == (folder / "curves.png").read_bytes()
    assert not (tmp_path / "record.nc").exists()


def test_a_users_file_with_categories_and_gaps(run, tmp_path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"size": rng.normal(size=200), "colour": rng.choice(["red", "blue"], 200)})
    frame["price"] = 3 * frame["size"] + (frame.colour == "red") + rng.normal(size=200) / 10
    frame.loc[::17, "size"] = np.nan
    frame.to_csv(tmp_path / "houses.csv", index=False)
    data = ["--data", tmp_path / "houses.csv", "--target", "price"]
    run(*SMALL, *data, "--out", tmp_path / "out")
    assert "rmse" in (tmp_path / "out" / "table.csv").read_text()


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
    "no amount": (["--budget", "flops"], "CURRENCY=AMOUNT"),
    "no batch": (["--batch-sizes", "many"], "--batch-sizes"),
    "unknown schedule": (["--schedules", "cosinus"], "'cosinus'"),
}


@pytest.mark.parametrize(("flags", "words"), BAD.values(), ids=BAD.keys())
def test_bad_flags_end_in_one_sentence(run, flags, words, tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        run("--optimizers", "adam", *flags, *([] if "--resume" in flags else ["--out", tmp_path]))
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
    assert not out.exists()


def test_a_run_that_was_cut_off_is_resumed(run, folder, tmp_path):
    parts = tmp_path / "parts"
    parts.mkdir()
    for kind in ("tuning", "confirm"):  # what the clock said is in the confirmation
        (parts / f"iris.{kind}.nc").write_bytes((folder / "parts" / f"iris.{kind}.nc").read_bytes())
    run(*SMALL, "--tasks", "iris", "--resume", tmp_path)
    assert (tmp_path / "table.csv").read_text() == (folder / "table.csv").read_text()
