"""Repetitions of the null experiment share no run."""

import numpy as np

from lab import records


def test_no_two_sides_share_trials_or_seeds(smoke):
    tree = records.load_tree(smoke("null") / "record.nc")
    trained, bank = (tree[name].to_dataset() for name in ("trained", "bank"))
    rates = trained.learning_rate.values.ravel()
    assert len(set(rates.tolist())) == rates.size
    seeds = (trained.first_seed + trained.seed).values.ravel()
    assert len(set(seeds.tolist())) == seeds.size
    assert not set(bank.seed.values.tolist()) & set(seeds.tolist())
    for number in range(trained.sizes["repetition"]):
        one, other = trained.test_loss.isel(repetition=number).values
        assert not np.intersect1d(one, other).size
