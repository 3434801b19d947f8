"""A seed stands for the same stream however it is cut, and no stream for another."""

import subprocess
import sys

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.data import streams
from lab.validation.errors import InputError

seeds = st.integers(0, 2**63 - 1)
sizes = st.integers(1, 40)
GOLDEN_ORDER = [8, 4, 5, 3, 6, 0, 9, 7, 1, 2]
GOLDEN_KEY = [2095809776, 3920295620]


@given(seeds, st.integers(0, 2**48 - 1), sizes)
def test_an_epoch_visits_each_example_once(seed, epoch, n):
    drawn = streams.permutation(seed, epoch, n)
    assert drawn.dtype == np.int32
    np.testing.assert_array_equal(np.sort(drawn), np.arange(n))


@given(seeds, sizes, st.lists(st.integers(0, 200), min_size=1, max_size=6))
def test_any_cut_is_the_whole(seed, n, cuts):
    cuts = sorted(cuts)
    parts = [streams.order(seed, n, a, b) for a, b in zip([0, *cuts[:-1]], cuts)]
    np.testing.assert_array_equal(np.concatenate(parts), streams.order(seed, n, 0, cuts[-1]))


@given(seeds, sizes, st.integers(0, 100), st.integers(0, 100))
def test_a_longer_budget_begins_with_the_shorter(seed, n, short, more):
    longer = streams.order(seed, n, 0, short + more)
    np.testing.assert_array_equal(longer[:short], streams.order(seed, n, 0, short))


@given(seeds, sizes)
def test_an_order_is_its_epochs_one_after_the_other(seed, n):
    epochs = [streams.permutation(seed, epoch, n) for epoch in range(3)]
    np.testing.assert_array_equal(streams.order(seed, n, 0, 3 * n), np.concatenate(epochs))


@given(seeds, seeds)
def test_different_seeds_differ(one, other):
    if one != other:
        assert (streams.permutation(one, 0, 40) != streams.permutation(other, 0, 40)).any()
        for purpose in ("parameters", "noise"):
            assert (streams.key_data(one, purpose) != streams.key_data(other, purpose)).any()


def test_epochs_and_purposes_differ():
    drawn = {streams.permutation(0, epoch, 20).tobytes() for epoch in range(200)}
    assert len(drawn) == 200
    keys = [streams.key_data(s, p).tobytes() for s in range(100) for p in ("parameters", "noise")]
    assert len(set(keys)) == 200


def test_every_place_is_equally_likely():
    """A chi-square statistic of 9 places × 10 values, far from its tails."""
    drawn = np.stack([streams.permutation(seed, 0, 10) for seed in range(2000)])
    counts = np.stack([np.bincount(column, minlength=10) for column in drawn.T])
    statistic = ((counts - 200) ** 2 / 200).sum()
    assert 45 < statistic < 135  # 81 expected, standard deviation 13


def test_streams_are_the_same_in_every_release():
    """Records name seeds: should NumPy ever draw otherwise, this says so."""
    np.testing.assert_array_equal(streams.permutation(7, 3, 10), GOLDEN_ORDER)
    np.testing.assert_array_equal(streams.key_data(7, "parameters"), GOLDEN_KEY)


def test_long_orders_are_the_same_uncached():
    n = streams._CACHED_UP_TO + 1
    first, again = streams.permutation(1, 0, n), streams.permutation(1, 0, n)
    assert first is not again
    np.testing.assert_array_equal(first, again)


def test_a_kept_permutation_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        streams.permutation(0, 0, 5)[0] = 3


@pytest.mark.parametrize("x64", [False, True])
def test_keys_are_threefry_whatever_the_default(x64):
    with jax.enable_x64(x64), jax.default_prng_impl("rbg"):
        for key, purpose in ((streams.init_key, "parameters"), (streams.noise_key, "noise")):
            made = key(2**40 + 1)
            assert str(jax.random.key_impl(made)) == "threefry2x32"
            expected = streams.key_data(2**40 + 1, purpose)
            np.testing.assert_array_equal(jax.random.key_data(made), expected)


@pytest.mark.parametrize("seed", [-1, 2**63, 1.0, True, "1", None])
def test_a_seed_out_of_range_is_refused(seed):
    for call in (
        lambda: streams.permutation(seed, 0, 5),
        lambda: streams.order(seed, 5, 0, 3),
        lambda: streams.key_data(seed, "noise"),
    ):
        with pytest.raises(InputError, match="seed must be a whole number"):
            call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: streams.permutation(0, -1, 5), "epoch must be"),
        (lambda: streams.permutation(0, 0, 0), "n must be"),
        (lambda: streams.permutation(0, 0, 2**31), "n must be"),
        (lambda: streams.order(0, 5, -1, 3), "start must be"),
        (lambda: streams.order(0, 5, 4, 3), "stop must be"),
        (lambda: streams.order(0, 5, 0, 2.5), "stop must be"),
        (lambda: streams.key_data(0, "nois"), "did you mean 'noise'"),
        (lambda: streams.generator(0, "splits"), "did you mean 'split'"),
    ],
)
def test_other_arguments_out_of_range_are_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_importing_streams_loads_numpy_only():
    heavy = ["jax", "pandas", "sklearn", "scipy"]
    code = f"import sys, lab.data.streams; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
