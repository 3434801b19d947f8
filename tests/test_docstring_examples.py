"""Every example in a docstring is found and holds, those of functions that are checked too."""

import doctest
import importlib
import re
from pathlib import Path

import pytest

import lab

HOME = Path(lab.__file__).parent
WRITTEN = {  # how many examples each module has
    ".".join(path.relative_to(HOME.parent).with_suffix("").parts): count
    for path in sorted(HOME.rglob("*.py"))
    if (count := len(re.findall(r"^\s*>>> ", path.read_text(), re.MULTILINE)))
}
TRAINS = ("search", "sweeps")


def room(name):
    return name.split(".")[1]


def test_no_example_drops_out():
    finder = doctest.DocTestFinder()
    for name, count in WRITTEN.items():
        found = finder.find(importlib.import_module(name))
        assert sum(len(one.examples) for one in found) == count, name


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow if room(name) in TRAINS else ())
        for name in WRITTEN
    ],
)
def test_examples_hold(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
