"""One CPU device per core, as users run it, and helpers that several rooms' tests share."""

import jax
import numpy as np
import pytest

import lab

lab.use_all_cores(2)


@pytest.fixture(scope="session")
def blobs_xy():
    """Three separable classes in four dimensions: (x float32 [150, 4], y int32 [150])."""
    rng = np.random.default_rng(0)
    y = np.repeat(np.arange(3), 50).astype(np.int32)
    centres = rng.normal(size=(3, 4)) * 3
    x = (centres[y] + rng.normal(size=(150, 4))).astype(np.float32)
    return x, y


@pytest.fixture
def compilations():
    """Counts what JAX compiles: `compilations()` is the number so far."""
    names: list[str] = []

    def listen(event, duration, **details):
        if event.endswith("backend_compile_duration"):
            names.append(details.get("fun_name", ""))

    jax.monitoring.register_event_duration_secs_listener(listen)
    yield lambda: len(names)
    jax.monitoring.unregister_event_duration_listener(listen)
