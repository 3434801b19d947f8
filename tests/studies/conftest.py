"""Smoke forms prove nothing about speed: how fast their programs run does not matter."""

import jax
import pytest


@pytest.fixture(autouse=True, scope="module")
def compiled_hastily(request):
    """Leave out most of what XLA optimizes, but for the slow tests: code there is as users run."""
    hasty = request.config.option.markexpr == "not slow"
    jax.config.update("jax_disable_most_optimizations", hasty)
    yield
    jax.config.update("jax_disable_most_optimizations", False)
