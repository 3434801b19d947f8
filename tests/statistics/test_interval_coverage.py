"""What intervals promise, measured: the table by which a method is chosen."""

import numpy as np
import pytest
from scipy import integrate, stats

from lab.statistics import (
    ELSEWHERE,
    PAIRED_MEANS,
    Coverage,
    bootstrap,
    choose_method,
    coverage,
    coverage_table,
    interquartile_mean,
)
from lab.statistics.coverage import DIRECT, RESAMPLED
from lab.statistics.distributions import truth
from lab.validation.errors import InputError


def shares(table):
    return {(row.method, row.data): row.coverage for row in table}


@pytest.mark.parametrize(("n", "statistic"), [(50, "mean"), (80, "mean"), (50, "iqm")])
def test_ninety_five_percent_intervals_cover_93_to_97_of_normal_data(n, statistic):
    table = coverage_table(n, statistic=statistic, data=["normal"], repetitions=1500)
    assert {row.method for row in table} == set(
        (*DIRECT, *RESAMPLED) if statistic == "mean" else RESAMPLED
    )
    for row in table:
        assert 0.93 <= row.coverage <= 0.97, row


def test_at_twelve_the_percentile_interval_is_too_short_and_the_others_are_not():
    found = shares(coverage_table(12, data=["normal", "lognormal"], repetitions=2000))
    assert found["percentile", "normal"] < 0.93
    assert found["percentile", "lognormal"] < 0.87
    for method in ("t", "sign-flip", "hodges-lehmann", "studentized"):
        assert 0.93 <= found[method, "normal"] <= 0.97, method
    for method in ("bca", "studentized"):
        assert found[method, "lognormal"] > found["percentile", "lognormal"]


def test_tied_and_paired_data_do_not_break_the_paired_intervals():
    found = shares(coverage_table(12, methods=PAIRED_MEANS, repetitions=1500))
    for method in PAIRED_MEANS:
        assert found[method, "tied"] >= 0.93
        assert found[method, "lognormal pairs"] >= 0.93


@pytest.mark.parametrize("n", [12, 24])
def test_the_choice_is_made_by_the_table(n):
    table = coverage_table(n, repetitions=400, resamples=499)
    assert choose_method(table, PAIRED_MEANS) in PAIRED_MEANS
    assert choose_method(table, ELSEWHERE) in ELSEWHERE
    assert choose_method(table, ("percentile", "studentized")) == "studentized"


def test_the_choice_by_hand():
    def line(method, coverage, width, data="normal"):
        return Coverage(method, data, 12, coverage, width)

    table = [line("a", 0.95, 3.0), line("b", 0.945, 2.0), line("c", 0.90, 1.0)]
    assert choose_method(table, tuple("abc")) == "b"
    assert choose_method(table, tuple("ac")) == "a"
    # one bad kind of data is enough, and an interval without limits says nothing
    assert choose_method([*table, line("b", 0.8, 2.0, "tied")], tuple("ab")) == "a"
    assert choose_method([*table, line("d", 1.0, np.inf)], tuple("cd")) == "c"
    assert choose_method([line("d", 1.0, np.inf)], tuple("d")) == "d"


def test_resampled_methods_are_those_of_the_bootstrap():
    samples = np.random.default_rng(0).lognormal(size=(1, 15))
    drawn = coverage._resampled(samples, "iqm", 500, 3)
    for method in RESAMPLED:
        error = coverage.STATISTICS["iqm"][1]
        direct = bootstrap(
            interquartile_mean, samples, method=method, error=error, resamples=500, seed=3
        )
        np.testing.assert_allclose(RESAMPLED[method](drawn, 0.95), direct)


def test_the_truths_of_skewed_data():
    density = stats.lognorm(1.0)
    middle = integrate.quad(density.ppf, 0.25, 0.75)[0] * 2
    assert truth("lognormal", "iqm") == pytest.approx(middle)
    assert truth("lognormal", "mean") == pytest.approx(density.mean())
    pairs = np.random.default_rng(0).lognormal(size=(400_000, 2)).mean(-1)
    assert truth("lognormal", "shift") == pytest.approx(np.median(pairs), abs=0.01)
    assert truth("tied", "iqm") == 0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: coverage_table(12, methods=["bcaa"]), "did you mean 'bca'"),
        (lambda: coverage_table(12, data=["norml"]), "did you mean 'normal'"),
        (lambda: coverage_table(12, statistic="avg"), "unknown statistic"),
        (lambda: coverage_table(1), "at least 2"),
        (lambda: choose_method([], ["t"]), "a line for each"),
    ],
)
def test_refusals_name_what_is_wrong(call, words):
    with pytest.raises(InputError, match=words):
        call()
