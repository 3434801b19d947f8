"""What every entry of the catalogue promises: names, dtypes, states, traced numbers, tracing."""

import inspect

import jax
import jax.numpy as jnp
import numpy as np
import optax
import optimizer_runs as runs
import pytest
from differences import OWN_DEFAULTS, SETS_PARAMETERS
from optimizer_variants import CASES, PLAIN, case_id, typical_first

from lab import optimizers
from lab.optimizers import CATALOG

NAMES = PLAIN
COUNTS_NOTHING = {"rprop"}  # its step sizes are all it has
MEASURES_FIRST = {"adopt": 1, "mechanic_sgd": 8, "soap": 1}  # updates that show in no float32
PARAMS = {"w": jnp.array([[1.0, -2.0]]), "b": jnp.array(0.5)}


def numbers_of(factory, rate=0.01):
    """The float parameters of a factory, with values; those are the ones that may be traced."""
    defaults = {k: p.default for k, p in inspect.signature(factory).parameters.items()}
    numbers = {k: v for k, v in defaults.items() if isinstance(v, float)}
    return numbers | ({"learning_rate": rate} if "learning_rate" in defaults else {})


def kinds(tree):
    """What a compiled function sees of a tree: structure, shapes, dtypes, weak types."""
    leaves = jax.tree.leaves(tree)
    return jax.tree.structure(tree), [
        (x.shape, x.dtype, getattr(x, "weak_type", False)) for x in leaves
    ]


@pytest.mark.parametrize(
    "name", [n for n in dir(optimizers) if n != "CATALOG" and hasattr(optax, n)]
)
def test_parameters_and_defaults_are_those_of_optax(name):
    def seen(function):
        return [
            (p.name, p.default, p.kind) for p in inspect.signature(function).parameters.values()
        ]

    mine, theirs = seen(getattr(optimizers, name)), seen(getattr(optax, name))
    own = OWN_DEFAULTS.get(name, {})
    assert mine == [(p, own.get(p, default), kind) for p, default, kind in theirs]


@pytest.mark.parametrize("name", NAMES)
def test_the_twin_has_the_same_parameters(name):
    entry = CATALOG[name]
    if entry.via_optax is not None:
        by_hand, twin = (inspect.signature(f) for f in (entry.by_hand, entry.via_optax))
        assert {k: p.default for k, p in by_hand.parameters.items()} == {
            k: p.default for k, p in twin.parameters.items()
        }


@pytest.mark.parametrize("case", [c for c in CASES if CATALOG[c[0]].via_optax], ids=case_id)
def test_the_state_is_read_by_the_paths_that_read_that_of_optax(case):
    name, kwargs = case

    def paths(factory):
        state = jax.eval_shape(factory(0.1, **kwargs).init, PARAMS)
        leaves, _ = jax.tree.flatten_with_path(state)
        return {(jax.tree_util.keystr(path), leaf.shape, leaf.dtype) for path, leaf in leaves}

    assert paths(CATALOG[name].by_hand) == paths(CATALOG[name].via_optax)


@pytest.mark.parametrize("name", NAMES)
def test_the_state_keeps_the_declared_number_of_slots(name):
    state = jax.eval_shape(CATALOG[name].by_hand(0.1).init, PARAMS)
    sized = [x for x in jax.tree.leaves(state) if x.shape == PARAMS["w"].shape]
    assert len(sized) == CATALOG[name].state_slots


@pytest.mark.parametrize("name", NAMES)
def test_the_entry_is_complete(name):
    entry = CATALOG[name]
    assert entry.reference
    assert entry.rule
    assert entry.by_hand.__doc__
    assert entry.search_space["learning_rate"].low > 0
    decades = np.log10(
        entry.search_space["learning_rate"].high / entry.search_space["learning_rate"].low
    )
    assert 2.9 < decades < 4.6


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.bfloat16], ids=["float32", "bfloat16"])
@pytest.mark.parametrize("case", CASES, ids=case_id)
def test_a_rule_built_of_traced_numbers_traces_once_and_keeps_its_state_and_dtypes(case, dtype):
    name, kwargs = case
    factory = CATALOG[name].by_hand
    numbers = {k: v for k, v in numbers_of(factory).items() if k not in kwargs}
    traces = 0

    @jax.jit
    def step(params, state, gradient, numbers):
        nonlocal traces
        traces += 1
        updates, new = factory(**numbers, **kwargs).update(gradient, state, params)
        with jax.numpy_dtype_promotion("standard"):
            return updates, optax.apply_updates(params, updates), new

    params = jax.tree.map(lambda p: p.astype(dtype), PARAMS)
    state = factory(**numbers, **kwargs).init(params)
    traced = {k: jnp.float32(v) for k, v in numbers.items()}
    for _ in range(3):
        with runs.strictness():
            updates, new_params, new = jax.eval_shape(step, params, state, params, traced)
        assert kinds(new) == kinds(state)
        assert kinds(new_params) == kinds(params)
        if not {"mu_dtype", "accumulator_dtype", "dtype_momentum"} & set(kwargs):  # these may widen
            assert kinds(updates) == kinds(params)
        params, state = new_params, new
    assert traces == 1


@pytest.mark.parametrize("name", NAMES)
def test_weakly_typed_parameters_do_not_recompile_the_second_update(name):
    rule = CATALOG[name].by_hand(0.1)
    params = {"x": jnp.asarray(1.0)}  # weakly typed
    state, traces = rule.init(params), []

    @jax.jit
    def update(params, state):
        traces.append(params)
        return rule.update(params, state, params)

    for _ in range(3):
        _, state = update(params, state)
    assert len(traces) == 1


@pytest.mark.parametrize(
    ("dtype", "tolerance"),
    [
        pytest.param(jnp.float32, 1e-5, id="float32", marks=pytest.mark.slow),
        pytest.param(jnp.float64, 1e-12, id="float64"),
    ],
)
@pytest.mark.parametrize("name", typical_first(NAMES))
def test_traced_and_static_numbers_agree(name, dtype, tolerance):
    """At numbers that the dtype holds: float32's 0.999 is not Python's, by 1e-5 of 1 − b2."""
    factory = CATALOG[name].by_hand
    numbers = {k: float(np.asarray(v, dtype)) for k, v in numbers_of(factory).items()}
    with jax.enable_x64(dtype == jnp.float64):
        xs = jax.tree.map(lambda g: g[:50], runs.gradients(dtype))
        params = runs.parameters(dtype)

        def run(numbers):
            def step(state, gradient):
                rule = factory(**numbers)
                updates, state = rule.update(gradient, state, params)
                return state, updates

            return jax.lax.scan(step, factory(**numbers).init(params), xs)[1]

        static = jax.jit(lambda: run(numbers))()
        traced = jax.jit(run)({k: jnp.asarray(v, dtype) for k, v in numbers.items()})
        whole = jax.tree.map(lambda p: p[None], params) if name in SETS_PARAMETERS else None
        assert runs.worst_error(traced, static, whole) <= tolerance


@pytest.mark.parametrize("name", NAMES)
def test_extra_arguments_are_ignored(name):
    rule = CATALOG[name].by_hand(0.1)
    state = rule.init(PARAMS)
    plain = rule.update(PARAMS, state, PARAMS)
    extra = rule.update(PARAMS, state, PARAMS, value=1.0, grad=PARAMS, value_fn=None, other="x")
    plain, extra = (optax.tree_utils.tree_unwrap_random_key_data(x) for x in (plain, extra))
    jax.tree.map(np.testing.assert_array_equal, plain, extra)


@pytest.mark.parametrize("case", CASES, ids=case_id)
def test_counters_saturate(case):
    name, kwargs = case
    rule = CATALOG[name].by_hand(lambda count: 0.1, **kwargs)
    last = jnp.iinfo(jnp.int32).max

    def counts(state):
        return [x for x in jax.tree.leaves(state) if x.dtype == jnp.int32]

    state = rule.init(PARAMS)
    full = jax.tree.map(lambda x: jnp.int32(last) if x.dtype == jnp.int32 else x, state)
    _, after = rule.update(PARAMS, full, PARAMS)
    assert counts(state) or name in COUNTS_NOTHING
    assert all(int(count) == last for count in counts(after))


@pytest.mark.parametrize("case", CASES, ids=case_id)
def test_states_are_built_by_tree_maps(case):
    name, kwargs = case
    rule = CATALOG[name].by_hand(0.1, **kwargs)
    state = rule.init(PARAMS)
    doubled = optax.tree_map_params(rule, lambda x: x + 1, state)  # needs placeholders in init
    assert jax.tree.structure(doubled) == jax.tree.structure(state)


@pytest.mark.parametrize("name", [n for n in NAMES if "key" not in CATALOG[n].needs])
def test_turning_complex_gradients_turns_the_updates(name):
    """So it is with |g|² in second moments, and only then."""
    rule = CATALOG[name].by_hand(0.1)
    turn = jnp.exp(1j * jnp.float32(0.7))
    gradients = [jnp.array([1 + 2j, -0.3j]), jnp.array([0.1 - 1j, 2 - 1j])]

    def run(phase):
        params = jnp.array([1 + 1j, 2 - 1j]) * phase
        state = rule.init(params)
        for gradient in gradients:
            updates, state = rule.update(gradient * phase, state, params)
        return updates

    np.testing.assert_allclose(run(turn), run(1) * turn, rtol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_the_middle_of_the_search_space_descends_into_a_bowl(name):
    space = CATALOG[name].search_space["learning_rate"]
    rule = CATALOG[name].by_hand(float(np.sqrt(space.low * space.high)))

    def loss(params):
        return optax.tree.norm(params, squared=True) / 2

    def step(carry, _):
        params, state = carry
        updates, state = rule.update(jax.grad(loss)(params), state, params)
        return (optax.apply_updates(params, updates), state), loss(params)

    _, losses = jax.lax.scan(step, (PARAMS, rule.init(PARAMS)), length=50)
    assert losses[-1] < losses[0]
    assert losses[1 + MEASURES_FIRST.get(name, 0)] < losses[0]
