"""Smoke forms prove nothing about speed: how fast their programs run does not matter."""

import jax
import pytest


@pytest.fixture
def compiled_hastily():
    """Leave out most of what XLA optimizes, for tests that mostly compile."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)
