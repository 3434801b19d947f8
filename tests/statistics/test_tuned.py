"""Two- and three-level resampling of tuned comparisons."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.statistics import (
    Draws,
    Tuned,
    percentile_interval,
    selected_losses,
    shared_draws,
    tuned_bootstrap,
    tuned_loss,
)
from lab.statistics.tuned import _neighbours
from lab.validation.errors import InputError


def study(rng, splits=3, trials=6, tune=2, report=5):
    return Tuned(rng.random((splits, trials, tune)), rng.random((splits, trials, report)))


def by_hand(tuned, draws, trials, pooled):
    """The definition, in loops."""
    found = []
    for r in range(len(draws.split)):
        means = []
        for s, split in enumerate(draws.split[r]):

            def seen(t, s=s, split=split, r=r):
                if not pooled:
                    return np.mean([tuned.validation[split, t, v] for v in draws.tune[r, s]])
                return np.mean(
                    [
                        tuned.validation[other, t, v]
                        for o, other in enumerate(draws.split[r])
                        for v in draws.tune[r, o]
                    ]
                )

            drawn = trials[r, min(s, trials.shape[1] - 1)]
            best = min(drawn, key=seen)
            means.append(np.mean([tuned.reported[split, best, w] for w in draws.report[r, s]]))
        found.append(np.mean(means))
    return found


@given(st.integers(0, 50), st.booleans(), st.booleans(), st.booleans())
def test_by_the_definition(seed, crossed, pooled, per_split):
    rng = np.random.default_rng(seed)
    tuned = study(rng)
    draws = shared_draws(4, 3, 2, 5, seed, crossed=crossed)
    trials = rng.integers(0, 6, (4, 3 if per_split and not pooled else 1, 4))
    found = selected_losses(tuned, draws, trials, pooled=pooled)
    np.testing.assert_allclose(found, by_hand(tuned, draws, trials, pooled))


def test_crossed_seeds_are_the_same_in_all_splits():
    crossed = shared_draws(50, 3, 4, 5, 0)
    assert (crossed.tune == crossed.tune[:, :1]).all()
    own = shared_draws(50, 3, 4, 5, 0, crossed=False)
    assert (own.tune != own.tune[:, :1]).any()
    assert own.report.shape == crossed.report.shape == (50, 3, 5)


def test_the_estimate_selects_on_validation_and_reports_elsewhere():
    validation = np.array([[3.0, 3.0], [1.0, 1.0], [np.nan, 0.0]])  # [trial, seed]: one split
    reported = np.array([[0.0, 0.0], [5.0, 7.0], [0.0, 0.0]])
    assert tuned_loss(Tuned(validation, reported)) == 6
    two = Tuned(np.stack([validation, 4 - validation]), np.stack([reported, reported + 1]))
    assert tuned_loss(two) == np.mean([6, 1])
    assert tuned_loss(two, pooled=True) == np.mean([0, 1])


def test_without_noise_every_resample_that_holds_the_best_trial_gives_it():
    quality = np.arange(6.0)[None, :, None]
    tuned = Tuned(np.broadcast_to(quality, (2, 6, 3)), np.broadcast_to(quality, (2, 6, 4)))
    drawn = tuned_bootstrap([tuned], resamples=20_000)[0]
    # P(the best of six draws of six is trial j) = ((6−j)/6)⁶ − ((5−j)/6)⁶
    expected = ((6 - np.arange(6)) / 6) ** 6 - ((5 - np.arange(6)) / 6) ** 6
    shares = [(drawn == j).mean() for j in range(6)]
    np.testing.assert_allclose(shares, expected, atol=0.015)
    one = tuned_bootstrap([tuned], k=1, resamples=20_000)[0]
    assert one.mean() == pytest.approx(2.5, abs=0.06)


def test_methods_stay_paired_and_later_methods_change_nothing():
    rng = np.random.default_rng(0)
    common = 10 * rng.normal(size=(4, 1, 1)) + 10 * rng.normal(size=(1, 1, 8))
    a, b = (
        Tuned(rng.normal(size=(4, 1, 2)), common + rng.normal(size=(4, 1, 8))) for _ in range(2)
    )
    both = tuned_bootstrap([a, b], resamples=300)
    assert (both[0] - both[1]).std() < both[0].std() / 5
    np.testing.assert_array_equal(both[0], tuned_bootstrap([a], resamples=300)[0])
    again = tuned_bootstrap([a, b], resamples=300)
    np.testing.assert_array_equal(both, again)


def test_a_diverged_winner_is_infinite_and_diverged_trials_lose():
    validation, reported = np.ones((1, 2, 2)), np.ones((1, 2, 3))
    validation[0, 0, 0] = np.inf
    reported[0, 1, 0] = np.nan
    assert tuned_loss(Tuned(validation, reported)) == np.inf
    drawn = tuned_bootstrap([Tuned(validation, reported)], resamples=500)
    assert set(np.unique(drawn)) == {1.0, np.inf}


def false_winners(rng, repetitions, **options):
    """How often one optimizer under two names, each with its own trials, seems to differ."""
    splits, trials, wins = 3, 12, 0
    for i in range(repetitions):
        split, tune, report = (
            rng.normal(size=(splits, 1, 1)),
            rng.normal(size=2),
            rng.normal(size=9),
        )

        def drawn(split=split, tune=tune, report=report):
            quality = split + 2 * np.abs(rng.normal(size=(1, trials, 1)))
            noise = 0.5 * rng.normal(size=(splits, trials, 11))
            return Tuned(quality + tune + noise[..., :2], quality + report + noise[..., 2:])

        losses = tuned_bootstrap([drawn(), drawn()], resamples=300, seed=i, **options)
        found = percentile_interval(0.0, losses[0] - losses[1])
        wins += found.low > 0 or found.high < 0
    return wins / repetitions


def test_one_optimizer_under_two_names_seldom_wins():
    assert false_winners(np.random.default_rng(0), 300) <= 0.08


def test_splits_and_seeds_are_resampled_shapes():
    draws = shared_draws(7, 2, 3, 4, seed=1)
    assert isinstance(draws, Draws)
    assert [x.shape for x in draws] == [(7, 2), (7, 2, 3), (7, 2, 4)]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: tuned_bootstrap([]), "at least one method"),
        (lambda: tuned_loss(Tuned(np.ones((2, 3)), np.ones((3, 3)))), "same splits and trials"),
        (lambda: tuned_loss(Tuned(np.ones(3), np.ones(3))), r"\[split, trial, seed\]"),
        (
            lambda: tuned_bootstrap(
                [
                    Tuned(np.ones((2, 3)), np.ones((2, 4))),
                    Tuned(np.ones((2, 3)), np.ones((2, 5))),
                ]
            ),
            "must share",
        ),
        (lambda: tuned_bootstrap([Tuned(np.ones((2, 3)), np.ones((2, 4)))], k=0), "k must"),
    ],
)
def test_refusals_name_what_is_wrong(call, words):
    with pytest.raises(InputError, match=words):
        call()


@pytest.mark.parametrize(
    ("count", "groups"),
    [(1, [{0}]), (2, [{0, 1}]), (5, [{0, 1}, {2, 3, 4}]), (6, [{0, 1}, {2, 3}, {4, 5}])],
)
def test_stratified_trials_are_drawn_among_neighbours(count, groups):
    first, size = _neighbours(count)
    drawn_among = [frozenset(range(a, a + n)) for a, n in zip(first, size)]
    assert set(drawn_among) == {frozenset(g) for g in groups}
    assert all(trial in among for trial, among in enumerate(drawn_among))


def test_strata_keep_a_valley_that_plain_resampling_loses():
    """One good rate among twelve: plain draws miss it and its neighbour in (10/12)^12 of cases."""
    losses = np.full((1, 12, 1), 5.0)
    losses[:, [6, 7]] = 1.0
    tuned = Tuned(losses, losses)
    plain = tuned_bootstrap([tuned], resamples=4000)
    kept = tuned_bootstrap([tuned], resamples=4000, stratified=True)
    assert (kept == 1.0).all()
    assert (plain == 5.0).mean() == pytest.approx((10 / 12) ** 12, abs=0.02)
