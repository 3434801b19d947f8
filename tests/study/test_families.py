"""Claims of a family have Holm's intervals, names and words of their own."""

import numpy as np

from lab.statistics import holm_intervals
from lab.study.families import family


def test_a_family_holds_together():
    gaps = np.random.default_rng(0).normal([[1.0], [0.2], [-3.0]], 1.0, (3, 12))
    rows = dict(zip(("digits", "digits, 20 % wrong", "MNIST-1D"), gaps))
    made = [*family("less", "It is less", rows, "splits", high=0.5, where="at 5", says="{} nats")]
    assert [c.name for c in made] == ["less_digits", "less_digits_20_wrong", "less_mnist_1d"]
    assert [c.where for c in made][1] == "digits, 20 % wrong, at 5"
    assert made[0].numbers.endswith(" nats")
    assert {(c.n, c.unit, c.high) for c in made} == {(12, "splits", 0.5)}
    expected = holm_intervals(gaps, 0.5)
    np.testing.assert_array_equal([c.interval for c in made], np.transpose(expected))


def test_each_of_a_family_may_say_more():
    rows = {"a": np.arange(3.0), "b": np.arange(3.0)}
    made = family("more", "It is more", rows, "seeds", low=0, says=["{} and a", "{} and b"])
    assert [claim.numbers[-1] for claim in made] == ["a", "b"]
