"""Spaces hold what was declared, and nothing of an absent layer."""

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lab.optimizers import CATALOG
from lab.search import Choice, Fixed, Float, Int, Space, When
from lab.validation.errors import InputError

LAYERS = {"layers": Int(1, 4), "rule": Choice("adam", "sgd")}
LAYERS |= {f"units_{i}": When("layers", Int(8, 32, step=8), at_least=i + 1) for i in range(4)}
LAYERS |= {"momentum": When("rule", Float(0.5, 0.99), among=("sgd",))}
NESTED = Space(LAYERS)
DISCRETE = Space({name: given for name, given in LAYERS.items() if name != "momentum"})
UNIT = st.floats(0, 1, exclude_max=True)


@given(st.lists(UNIT, min_size=len(NESTED), max_size=len(NESTED)))
def test_every_point_of_the_cube_is_a_configuration_without_absent_parameters(point):
    found = NESTED.at(point)
    NESTED.check(found)
    units = [name for name in found if name.startswith("units")]
    assert len(units) == found["layers"]
    assert ("momentum" in found) == (found["rule"] == "sgd")


def test_count_is_that_of_the_full_grid():
    levels = dict.fromkeys(DISCRETE, 99)
    listed = [tuple(sorted(found.items())) for found in DISCRETE.grid(levels)]
    assert len(set(listed)) == len(listed) == DISCRETE.count() == 2 * (4 + 16 + 64 + 256)
    assert NESTED.count() == math.inf
    few = dict.fromkeys(NESTED, 2)
    assert NESTED.count(few) == len(list(NESTED.grid(few)))


@given(st.integers(-50, 50), st.integers(0, 60), st.integers(1, 7), UNIT)
def test_integers_stay_on_their_ladder(low, width, step, u):
    domain = Int(low, low + width, step)
    assert domain.holds(domain.at(u))
    assert len(domain.levels(1000)) == domain.count() == len(set(domain.levels(1000)))
    assert domain.at(0.0) == low
    assert domain.at(1 - 1e-12) == domain.levels(1000)[-1] > low + width - step


@given(st.floats(1e-6, 1e3), st.floats(1.5, 1e6), UNIT, st.booleans())
@example(683.3765772955056, 2.5, 0.0, False)  # low + (high - low) is more than high
def test_floats_stay_in_their_interval(low, factor, u, log):
    domain = Float(low, low * factor, log)
    assert domain.holds(domain.at(u))
    assert all(domain.holds(value) for value in domain.levels(5))


def test_logarithmic_draws_are_even_in_the_logarithm():
    u = (np.arange(3000) + 0.5) / 3000
    rates = [Float(1e-4, 1e-1, log=True).at(x) for x in u]
    assert np.allclose(np.histogram(np.log10(rates), [-4, -3, -2, -1])[0], 1000, atol=1)
    sizes = [Int(1, 7, log=True).at(x) for x in u]  # [1, 2), [2, 4), [4, 8) are as wide
    assert np.allclose(np.histogram(sizes, [1, 2, 4, 8])[0], 1000, atol=1)


def test_what_a_catalogue_compares_can_be_searched():
    space = Space(CATALOG["adam"].search_space)
    assert space.domain("learning_rate").holds(space.at([0.5])["learning_rate"])


def test_the_hash_is_that_of_the_declaration_in_every_process():
    code = (
        "from lab.search import *; "
        "print(Space({'a': Int(1, 3), 'b': When('a', Float(0, 1), among=(2,))}).hash)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    same = Space({"a": Int(1, 3), "b": When("a", Float(0, 1), among=(2,))})
    assert done.stdout.strip() == same.hash
    others = [
        {"a": Int(1, 4), "b": When("a", Float(0, 1), among=(2,))},
        {"a": Int(1, 3), "b": When("a", Float(0, 1), among=(3,))},
        {"a": Int(1, 3), "c": When("a", Float(0, 1), among=(2,))},
    ]
    assert len({same.hash, *(Space(other).hash for other in others)}) == 4


def test_printing_names_every_parameter_and_its_condition():
    lines = str(NESTED).splitlines()
    assert len(lines) == len(NESTED)
    assert lines[3] == "units_1   Int(low=8, high=32, step=8, log=False), when layers ≥ 2"
    assert lines[-1].endswith("when rule in ['sgd']")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Float(1, 1), "low < high"),
        (lambda: Float(0, math.inf), "finite"),
        (lambda: Float(0, 1, log=True), "0 < low"),
        (lambda: Int(3, 2), "low ≤ high"),
        (lambda: Int(1.5, 2), "whole"),
        (lambda: Int(1, 8, step=2, log=True), "step 1"),
        (lambda: Choice(), "distinct"),
        (lambda: Choice("a", "a"), "distinct"),
        (lambda: Choice((1, 2)), "strings, numbers"),
        (lambda: When("a", Int(1, 2)), "one of the two"),
        (lambda: When("a", Int(1, 2), among=(1,), at_least=1), "one of the two"),
        (lambda: Space({}), "mapping"),
        (lambda: Space([1]), "mapping"),
        (lambda: Space({"a": 3}), "parameter 'a' needs"),
        (lambda: Space({"b": When("a", Int(1, 2), among=(1,)), "a": Int(1, 2)}), "declared"),
        (lambda: NESTED["unit_1"], "did you mean 'units_1'"),
        (lambda: NESTED.at([0.5]), "7 numbers, given 1"),
        (lambda: NESTED.check({"layers": 1, "rule": "adam"}), "'units_0' is missing"),
        (lambda: NESTED.check(NESTED.at([0.0] * 7) | {"units_3": 8}), "'units_3' is not there"),
        (lambda: NESTED.check(NESTED.at([0.0] * 7) | {"units_0": 9}), "units_0=9 is not in Int"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(make, words):
    with pytest.raises(InputError, match=words):
        make()


@settings(max_examples=30)
@given(st.one_of(st.none(), st.booleans(), st.text(max_size=3), st.integers(), st.floats()))
def test_a_fixed_value_is_always_that(value):
    if value == value:
        space = Space({"x": Fixed(value)})
        assert space.count() == 1
        assert space.at([0.7]) == {"x": value}
