"""Bits and compilations are those that users get."""

import pytest


@pytest.fixture(autouse=True, scope="module")
def compiled_hastily():
    """Not here."""
