"""No winner where there is none, and one where there is: the protocol against simulated runs.

`tests/studies/test_null_study.py` and `python -m studies.null` do the same with trained ones.
"""

import numpy as np
import pytest

import lab
from lab.protocol import Comparison, decide
from lab.spaces import Float
from studies.null.counts import allowed, promised_power, standard_errors
from studies.null.rounds import (
    LABELS,
    Side,
    as_records,
    finds,
    flipped,
    judge,
    play,
    redrawn,
    selected,
)
from studies.null.runs import Null, train, trained_sides

UNTRAINED = 2.3


def planned(**other):
    space = dict.fromkeys(LABELS, Float(1e-4, 1e0, log=True))
    return Comparison(dict.fromkeys(LABELS, "adam"), space, lab.Budget(updates=40), **other)


@pytest.fixture(scope="module")
def bank():
    """A valley over log η, effects of splits and of seeds, and heavy tails away from the best."""
    rng, (splits, trials, seeds) = np.random.default_rng(0), (5, 240, 40)
    place = (np.arange(trials) + rng.uniform(size=trials)) / trials
    away = np.abs(place - 0.6)[:, None]
    split = rng.normal(size=(2, splits, 1, 1))  # of validation and of test rows

    def column(i):
        noise = rng.standard_t(4, (splits, trials, seeds)) * (0.02 + 0.2 * away)
        seed = rng.normal(size=(splits, 1, seeds)) * 0.02
        return np.fmin(0.3 + 0.05 * split[i] + 4 * away**2 + seed + noise, UNTRAINED)

    return Side(10 ** (4 * place - 4), column(0), column(1))


@pytest.fixture(scope="module")
def rounds(bank):
    plan = planned()
    return play(plan, [redrawn(bank, plan, r) for r in range(80)], range(80), UNTRAINED)


def test_one_optimizer_does_not_beat_itself(rounds):
    assert ((rounds.winner != 0).sum("round") <= allowed(rounds.sizes["round"])).all()


def test_what_is_allowed_to_a_level_of_five_percent():
    assert (allowed(100), allowed(1000)) == (10, 65)


def test_an_advantage_is_found_as_often_as_promised_or_more(rounds):
    sizes = np.array([0.02, 0.04, 0.08, 0.16, 0.32])
    for splits in rounds.splits.values:
        lead = rounds.lead.sel(splits=splits).values
        promised = promised_power(lead, sizes, 0.005)
        found = finds(lead, sizes, 0.005).mean(-1)
        assert promised[-1] > 0.95
        half = promised >= 0.5
        assert (found[half] > promised[half] - 0.1).all()
        # the intervals are no shorter than differences vary
        assert np.sqrt((standard_errors(lead) ** 2).mean()) > 0.85 * lead[:, 0].std()


def less(side, advantage):
    return side._replace(test=side.test - advantage)


def test_a_constant_moves_the_interval_and_nothing_else(bank):
    """So that one round tells of every size of an advantage."""
    plan = planned(splits=(0, 1, 2))
    for number in range(8):
        first, second = (side.on(range(3)) for side in redrawn(bank, plan, number))
        without = judge(plan, [first, second], UNTRAINED)
        for size in (0.01, 0.05, 0.2):
            given = judge(plan, [less(first, size), second], UNTRAINED)
            np.testing.assert_allclose(given.lead, np.add(without.lead, size), atol=1e-12)
            assert (given.winner == 1) == finds(np.array([without.lead]), size, plan.margin)[0]
            taken = judge(plan, [first, less(second, size)], UNTRAINED)
            np.testing.assert_allclose(taken.lead, np.subtract(without.lead, size), atol=1e-12)


def test_the_paired_test_alone_keeps_its_level(bank):
    assert (flipped(bank, 12, range(1000)) <= 0.05).sum() <= 65


def test_report_seeds_of_the_selected_alone_name_too_many_winners(rounds):
    """What the comparison would say if trials were not drawn again."""
    assert ((rounds.flip_p <= 0.05).mean("round") > 0.1).all()


def test_sides_share_neither_trials_nor_seeds():
    """Told by a bank whose runs are numbered."""
    number = np.arange(240 * 40, dtype=float).reshape(1, 240, 40)
    numbered = Side(np.arange(240.0), number, number)
    plan = planned(splits=(0,))
    first, second = redrawn(numbered, plan, 3)
    used = []
    for side in (first, second):
        assert (side.rate // 20 == np.arange(12)).all()  # one of each part
        seeds = [set((x[0] % 40).ravel().astype(int)) for x in (side.validation, side.test)]
        assert list(map(len, seeds)) == [plan.tune_seeds, plan.report_seeds]
        assert not set.intersection(*seeds)
        used.append((set(side.rate), set.union(*seeds)))
    assert not used[0][0] & used[1][0]
    assert not used[0][1] & used[1][1]
    assert redrawn(numbered, plan, 4)[0].rate.tolist() != first.rate.tolist()


def test_what_is_judged_is_what_was_drawn(bank):
    plan = planned()
    sides = redrawn(bank, plan, 0)
    verdict = decide(plan, *as_records(plan, sides, UNTRAINED))
    for label, side in zip(LABELS, sides):
        loss = verdict.loss.estimate[verdict.ranked.index(label)]
        assert loss == pytest.approx(selected(side).mean())


@pytest.mark.slow
def test_trained_comparisons_of_an_optimizer_with_itself_name_few_winners():
    s = Null()
    trained = train(s, lab.tasks.CATALOG[s.task].make(widths=(s.width,)))
    untrained = float(trained.validation_loss.isel(step=0).median())
    sides = trained_sides(trained, s.plan, untrained)
    rounds = play(s.plan, sides, range(s.repetitions), untrained)
    winners = (rounds.winner != 0).sum("round")
    assert (winners <= allowed(s.repetitions)).all(), winners.values
