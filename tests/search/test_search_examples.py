"""The examples of the searches' docstrings are right."""

import doctest
import importlib

import pytest


@pytest.mark.parametrize("name", ["_halving", "space", "storage"])
def test_examples_hold(name):
    failed, tried = doctest.testmod(importlib.import_module(f"lab.search.{name}"))
    assert failed == 0 < tried
