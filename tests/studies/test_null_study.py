"""The null experiment runs, is redrawn and resumed; its repetitions share no run."""

import numpy as np
import pytest

from lab import records
from studies.null.__main__ import Null, run


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    folder = tmp_path_factory.mktemp("null")
    run(Null(smoke=True, task="iris", out=folder))
    return folder


def test_smoke_and_redrawing(first, tmp_path):
    run(Null(from_=first, out=tmp_path))
    page = (first / "table.md").read_text()
    assert "found as often as the intervals promise" in page
    assert "inconclusive" in page  # a smoke run proves nothing
    for name in ("table.md", "table.csv", "power.csv", "rates.png", "power.png"):
        assert (tmp_path / name).read_bytes() == (first / name).read_bytes()
    assert not (tmp_path / "record.nc").exists()


def test_a_finished_part_is_not_run_again(first):
    before = {path.name: records.load(path) for path in (first / "parts").iterdir()}
    page = (first / "table.md").read_text()
    run(Null(smoke=True, task="iris", resume=first))
    assert sorted(before) == ["bank.nc", "trained_0.nc"]
    for name, held in before.items():
        assert records.load(first / "parts" / name).equals(held)
    assert (first / "table.md").read_text() == page


def test_no_two_sides_share_trials_or_seeds(first):
    trained = records.load_tree(first / "record.nc")["trained"].to_dataset()
    rates = trained.learning_rate.values.ravel()
    assert len(set(rates.tolist())) == rates.size
    seeds = (trained.first_seed + trained.seed).values.ravel()
    assert len(set(seeds.tolist())) == seeds.size
    bank = records.load_tree(first / "record.nc")["bank"].to_dataset()
    assert not set(bank.seed.values.tolist()) & set(seeds.tolist())
    for number in range(trained.sizes["repetition"]):
        one, other = trained.test_loss.isel(repetition=number).values
        assert not np.intersect1d(one, other).size
