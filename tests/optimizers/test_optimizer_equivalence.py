"""By hand = optax, update by update, on the same gradients and in the same mode."""

import functools
import inspect

import jax
import jax.numpy as jnp
import optax
import optimizer_runs as runs
import pytest
from differences import EAGER_FLOOR, FLOOR, SETS_PARAMETERS
from optimizer_variants import CASES, PLAIN, TYPICAL, case_id, typical_first

from lab.optimizers import CATALOG


def parameters_of(name):
    return inspect.signature(CATALOG[name].by_hand).parameters


TOLERANCE = {
    jnp.float64: 1e-12,
    jnp.complex128: 1e-12,
    jnp.float32: 1e-5,
    jnp.complex64: 1e-5,
}
# Where optax is the one to be mistaken; each has a test in test_optimizer_differences.py.
OPTAX_ERRS_ON_COMPLEX = {
    *("adadelta", "adopt", "cocob", "dadapt_adamw", "madgrad", "prodigy", "rprop"),
    *("simplified_ademamix", "sm3"),
}
REAL_BY_DEFAULT = {"adafactor"}  # dtype_momentum is float32
WARM = [(n, {"warmup_steps": 20}) for n in PLAIN if "warmup_steps" in parameters_of(n)]
TWINS = [case for case in CASES if CATALOG[case[0]].via_optax is not None]


def _scales(name, reference, dtype):
    """What an error is relative to: updates, or the parameters that they set."""
    return runs.visited(reference, dtype) if name in SETS_PARAMETERS else reference


def error(case, mode, dtype, scales=_scales):
    name, kwargs = case
    entry = CATALOG[name]
    with jax.enable_x64(jnp.finfo(dtype).bits == 64):
        with runs.strictness():
            by_hand = mode(functools.partial(entry.by_hand, **kwargs), dtype)
        reference = mode(functools.partial(entry.via_optax, **kwargs), dtype)
        return runs.worst_error(by_hand, reference, scales(name, reference, dtype))


def assert_equivalent(case, mode, dtype):
    found = error(case, mode, dtype)
    print(f"WORST {case[0]} {mode.__name__} {jnp.dtype(dtype).name} {found:.2e}")
    assert found <= max(TOLERANCE[dtype], *(t.get(case[0], {}).get(dtype, 0) for t in floors(mode)))


def floors(mode):
    return [FLOOR, EAGER_FLOOR] if mode is runs.eager else [FLOOR, {}]


@pytest.mark.parametrize("case", TWINS, ids=case_id)
def test_every_update_equals_that_of_optax(case):
    assert_equivalent(case, runs.jit, jnp.float64)


@pytest.mark.parametrize(
    "case",
    [pytest.param(c, marks=() if c[0] in TYPICAL else pytest.mark.slow) for c in TWINS],
    ids=case_id,
)
def test_every_update_in_float32_equals_that_of_optax(case):
    assert_equivalent(case, runs.jit, jnp.float32)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
@pytest.mark.parametrize("mode", [runs.eager, runs.scan, runs.vmap])
@pytest.mark.parametrize("case", TWINS, ids=case_id)
def test_every_update_equals_that_of_optax_in_other_modes(case, mode, dtype):
    assert_equivalent(case, mode, dtype)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "dtype"), [(name, dtype) for name, floor in FLOOR.items() for dtype in floor]
)
def test_a_floor_is_listed_where_it_is_needed_only(name, dtype):
    cases = [case for case in [*TWINS, *WARM] if case[0] == name]
    assert max(error(case, runs.jit, dtype) for case in cases) > TOLERANCE[dtype]


@pytest.mark.slow
@pytest.mark.parametrize("name", EAGER_FLOOR)
def test_a_floor_is_listed_where_optax_differs_from_itself(name):
    factory = CATALOG[name].via_optax
    compiled, not_compiled = runs.jit(factory, jnp.float32), runs.eager(factory, jnp.float32)
    assert runs.worst_error(not_compiled, compiled) > 0.5 * EAGER_FLOOR[name][jnp.float32]


@pytest.mark.slow
@pytest.mark.parametrize("name", SETS_PARAMETERS)
def test_what_sets_parameters_is_not_equal_relative_to_its_updates(name):
    found = error((name, {}), runs.jit, jnp.float32, scales=lambda _, updates, __: updates)
    assert found > TOLERANCE[jnp.float32]


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [jnp.complex64, jnp.complex128])
@pytest.mark.parametrize(
    "case", [c for c in TWINS if c[0] not in OPTAX_ERRS_ON_COMPLEX | REAL_BY_DEFAULT], ids=case_id
)
def test_every_complex_update_equals_that_of_optax(case, dtype):
    kwargs = {k: v for k, v in case[1].items() if not k.endswith("_dtype")}
    assert_equivalent((case[0], kwargs), runs.jit, dtype)


@pytest.mark.parametrize(
    "name", typical_first(n for n in PLAIN if CATALOG[n].via_optax is not None)
)
def test_a_schedule_is_followed_as_optax_does(name):
    schedule = optax.exponential_decay(0.1, 20, 0.5)

    def scheduled(factory):
        return lambda rate: factory(schedule)

    entry = CATALOG[name]
    by_hand = runs.scan(scheduled(entry.by_hand), jnp.float32)
    reference = runs.scan(scheduled(entry.via_optax), jnp.float32)
    scales = _scales(name, reference, jnp.float32)
    assert runs.worst_error(by_hand, reference, scales) <= 1e-5
