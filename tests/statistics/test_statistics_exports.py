"""Every exported name is there."""

from lab import statistics


def test_exports():
    assert len(set(statistics.__all__)) == len(statistics.__all__)
    assert all(hasattr(statistics, name) for name in statistics.__all__)
