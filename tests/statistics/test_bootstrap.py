"""Resampling and its intervals: against scipy, by enumeration, and with diverged runs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from lab.statistics import (
    bca_interval,
    bootstrap,
    interquartile_error,
    interquartile_mean,
    jackknife_error,
    leave_one_out,
    percentile_interval,
    replicates,
    resample_indices,
    stratified_indices,
    studentized_interval,
)
from lab.validation.errors import InputError


def mean(x):
    return x.mean(-1)


def mean_error(x):
    return x.std(-1, ddof=1) / np.sqrt(x.shape[-1])


SKEWED = np.random.default_rng(3).lognormal(size=25)


def test_resamples_have_the_moments_of_all_resamples():
    drawn = replicates(mean, SKEWED, indices=resample_indices(40_000, 25, seed=0))
    spread = SKEWED.std() / np.sqrt(25)
    assert abs(drawn.mean() - SKEWED.mean()) < 4 * spread / np.sqrt(40_000)
    assert drawn.std() == pytest.approx(spread, rel=0.02)


@given(st.integers(1, 30), st.integers(1, 9), st.integers(0, 9))
def test_blocks_change_nothing(n, rows, seed):
    values = np.random.default_rng(seed).normal(size=(rows, n))
    indices = resample_indices(17, n, seed)
    whole = mean(values[:, indices])
    assert replicates(mean, values, indices=indices).shape == (rows, 17)
    np.testing.assert_array_equal(replicates(mean, values, indices=indices), whole)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lab.statistics.resampling.BLOCK", 3 * rows * n)
        np.testing.assert_array_equal(replicates(mean, values, indices=indices), whole)


def test_strata_keep_their_sizes_and_their_runs():
    strata = np.array([0, 1, 0, 1, 1, 2])
    indices = stratified_indices(500, strata, seed=0)
    np.testing.assert_array_equal(strata[indices], np.broadcast_to(strata, (500, 6)))
    assert set(indices[:, 0]) == {0, 2}
    assert set(indices[:, 5]) == {5}


def test_stratified_spread_leaves_out_what_lies_between_tasks():
    values = np.concatenate([np.arange(10.0), 1000 + np.arange(10.0)])
    strata = np.repeat([0, 1], 10)
    drawn = replicates(mean, values, indices=stratified_indices(4000, strata, seed=0))
    assert drawn.std() == pytest.approx(np.arange(10).std() / np.sqrt(20), rel=0.05)
    left = replicates(mean, values, indices=leave_one_out(20))
    # the jackknife of a mean of strata is right up to (n/m − 1)-like factors, not 1000 wide
    assert jackknife_error(left, strata) == pytest.approx(drawn.std(), rel=0.1)
    wide = bootstrap(mean, values)
    narrow = bootstrap(mean, values, strata=strata)
    assert np.ptp(narrow[1:]) < np.ptp(wide[1:]) / 100


def test_the_jackknife_error_of_a_mean_is_the_textbooks():
    left = replicates(mean, SKEWED, indices=leave_one_out(25))
    assert jackknife_error(left) == pytest.approx(SKEWED.std(ddof=1) / 5)


@pytest.mark.parametrize("method", ["percentile", "BCa"])
@pytest.mark.parametrize("statistic", [mean, interquartile_mean, lambda x: x.std(-1)])
def test_intervals_are_scipys_on_scipys_resamples(method, statistic):
    theirs = stats.bootstrap(
        (SKEWED,), statistic, method=method, n_resamples=9999, rng=np.random.default_rng(0)
    )
    drawn, estimate = theirs.bootstrap_distribution, statistic(SKEWED)
    if method == "BCa":
        left = replicates(statistic, SKEWED, indices=leave_one_out(25))
        ours = bca_interval(estimate, drawn, left)
    else:
        ours = percentile_interval(estimate, drawn)
    places = np.searchsorted(np.sort(drawn), [ours[1:], theirs.confidence_interval])
    assert np.abs(np.diff(places, axis=0)).max() <= 2  # of 9999: they interpolate


def test_studentized_intervals_of_a_mean_by_hand():
    indices = resample_indices(999, 25, seed=1)
    drawn, errors = SKEWED[indices].mean(-1), mean_error(SKEWED[indices])
    t = np.sort((drawn - SKEWED.mean()) / errors)
    own = mean_error(SKEWED)
    expected = SKEWED.mean() - t[[974, 24]] * own  # the 975th and 25th of 999
    found = bootstrap(mean, SKEWED, method="studentized", error=mean_error, resamples=999, seed=1)
    np.testing.assert_allclose(found[1:], expected)
    # for a mean the jackknife's error is the same number
    jack = bootstrap(mean, SKEWED, method="studentized", resamples=999, seed=1)
    np.testing.assert_allclose(jack, found)


@pytest.mark.parametrize("method", ["percentile", "bca", "studentized"])
def test_rows_are_independent_and_units_do_not_matter(method):
    rows = np.random.default_rng(0).lognormal(size=(3, 20))
    together = bootstrap(mean, rows, method=method, resamples=400)
    for i, row in enumerate(rows):
        alone = bootstrap(mean, row, method=method, resamples=400)
        np.testing.assert_allclose([part[i] for part in together], alone)
    scaled = bootstrap(mean, 3 + 10 * rows, method=method, resamples=400)
    np.testing.assert_allclose(scaled, 3 + 10 * np.array(together))


def test_percentiles_are_carried_through_a_monotone_transformation():
    plain = bootstrap(mean, SKEWED, method="percentile")
    curved = bootstrap(lambda x: np.exp(x.mean(-1)), SKEWED, method="percentile")
    np.testing.assert_allclose(curved, np.exp(plain))


def test_paired_samples_share_the_resample():
    rng = np.random.default_rng(0)
    seeds = 100 * rng.normal(size=30)  # what both methods have in common
    a, b = seeds + rng.normal(size=30), seeds + 1 + rng.normal(size=30)
    found = bootstrap(lambda x, y: x.mean(-1) - y.mean(-1), a, b)
    np.testing.assert_allclose(found, bootstrap(mean, a - b), atol=1e-9)
    assert -2.5 < found.low < found.high < 0


@pytest.mark.parametrize("method", ["percentile", "bca", "studentized"])
def test_diverged_runs_neither_vanish_nor_make_nonsense(method):
    values = np.append(np.arange(1.0, 12), np.inf)
    found = bootstrap(mean, values, method=method, error=mean_error_or_infinite)
    assert found.estimate == found.high == np.inf
    steady = bootstrap(interquartile_mean, values, method=method, error=interquartile_error)
    assert np.isfinite(steady.estimate)
    assert steady.low < steady.estimate < steady.high


def mean_error_or_infinite(x):
    finite = np.isfinite(x).all(-1)
    return np.where(finite, mean_error(np.where(finite[..., None], x, 0.0)), np.inf)


@pytest.mark.parametrize("method", ["percentile", "bca", "studentized"])
def test_a_constant_has_an_interval_of_no_width(method):
    found = bootstrap(mean, np.full(8, 2.5), method=method)
    np.testing.assert_allclose(found, 2.5)


def test_too_few_tied_runs_have_no_studentized_limits():
    found = bootstrap(mean, np.array([0.0, 0.0, 1.0]), method="studentized", error=mean_error)
    assert np.isinf(found.high - found.low)


def test_studentized_intervals_are_finite_where_every_resample_has_spread():
    found = studentized_interval(1.0, 0.5, np.array([0.0, 1.0, 2.0]), np.ones(3), level=0.5)
    np.testing.assert_allclose(found, [1.0, 0.5, 1.5])


def test_the_same_seed_gives_the_same_interval():
    assert bootstrap(mean, SKEWED, seed=4) == bootstrap(mean, SKEWED, seed=4)
    assert bootstrap(mean, SKEWED, seed=4) != bootstrap(mean, SKEWED, seed=5)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: bootstrap(mean, SKEWED, method="bac"), "did you mean 'bca'"),
        (lambda: bootstrap(mean, np.ones(1)), "at least 2"),
        (lambda: bootstrap(lambda x, y: mean(x), np.ones(3), np.ones(4)), "share"),
        (lambda: bootstrap(mean), "at least one sample"),
        (lambda: bootstrap(mean, 3.0), "share"),
        (lambda: bootstrap(mean, SKEWED, level=95), "level"),
        (lambda: bootstrap(mean, SKEWED, strata=np.zeros(3)), "strata"),
        (lambda: resample_indices(0, 3, 0), "resamples must be"),
    ],
)
def test_refusals_name_what_is_wrong(call, words):
    with pytest.raises(InputError, match=words):
        call()
