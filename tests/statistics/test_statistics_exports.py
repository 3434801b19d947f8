"""The examples in docstrings hold, and every exported name is there."""

import doctest
import importlib
import pkgutil

import pytest

from lab import statistics

MODULES = [module.name for module in pkgutil.iter_modules(statistics.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    failed, _ = doctest.testmod(importlib.import_module(f"lab.statistics.{name}"))
    assert failed == 0


def test_exports():
    assert len(set(statistics.__all__)) == len(statistics.__all__)
    assert all(hasattr(statistics, name) for name in statistics.__all__)
