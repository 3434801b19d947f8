"""What holds for every rule and every transform, whatever it is."""

import functools
import pickle

import everything
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from everything import RULES

from lab import optimizers
from lab.optimizers import CATALOG

NAMES = sorted(RULES)
PARAMS = {
    "matrix": jnp.array([[1.0, -2.0, 0.5], [3.0, 0.5, -1.0]]),
    "vector": jnp.array([0.5, -0.25]),
    "scalar": jnp.array(2.0),
}


def of_dtype(dtype):
    return jax.tree.map(lambda p: p.astype(dtype), PARAMS)


def zeros_of(tree):
    return jax.tree.map(jnp.zeros_like, tree)


# 16-bit floats


@pytest.mark.parametrize("name", NAMES)
def test_zero_gradients_of_16_bits_give_finite_updates(name):
    """An ε of 1e-8 is nothing in float16, and 0 / 0 no number."""
    params, rule = of_dtype(jnp.float16), RULES[name]()
    state = rule.init(params)
    for _ in range(2):
        updates, state = rule.update(
            zeros_of(params), state, params, **everything.extra(everything.bowl, params, params)
        )
        for u in jax.tree.leaves(updates):
            assert u.dtype == jnp.float16
            assert jnp.isfinite(u).all()


SAME_IN_16_BITS_EXCEPT = {
    **dict.fromkeys(everything.VARIANTS, "keeps what it is told to in 16 bits"),
}


@pytest.mark.parametrize(
    "dtype",
    [jnp.float16, pytest.param(jnp.bfloat16, marks=pytest.mark.slow)],
    ids=["float16", "bfloat16"],
)
@pytest.mark.parametrize("name", sorted(set(NAMES) - set(SAME_IN_16_BITS_EXCEPT)))
def test_updates_of_16_bits_are_those_of_32_rounded_once(name, dtype):
    """Gradients between 1e-4 and 900, whose squares float16 does not hold; or means were, too.

    Means of gradients are kept in 16 bits where their dtype may be chosen, and is not.
    """
    scale = {"matrix": 300.0, "vector": 1e-3, "scalar": 1.0}
    gradient = jax.tree.map(lambda p, s: (p * s).astype(dtype), PARAMS, scale)
    narrow = of_dtype(dtype)
    wide = jax.tree.map(lambda p: p.astype(jnp.float32), narrow)

    kept = jax.eval_shape(RULES[name]().init, narrow)
    roundings = 2 if any(leaf.dtype == dtype for leaf in jax.tree.leaves(kept)) else 1

    def run(params, gradient):
        rule = RULES[name]()
        state, history = rule.init(params), []
        for _ in range(3):
            updates, state = rule.update(
                gradient, state, params, **everything.extra(everything.bowl, params, gradient)
            )
            history.append(updates)
        return history

    of_16 = run(narrow, gradient)
    of_32 = run(wide, jax.tree.map(lambda g: g.astype(jnp.float32), gradient))
    unit = roundings * float(jnp.finfo(dtype).eps)
    for mine, right in zip(jax.tree.leaves(of_16), jax.tree.leaves(of_32), strict=True):
        right = np.asarray(right)
        limit = unit * np.abs(right) + float(jnp.finfo(dtype).smallest_subnormal)
        assert (np.abs(np.asarray(mine, np.float32) - right) <= limit + 1e-5 * np.abs(right)).all()


# Donation


@pytest.mark.parametrize("name", NAMES)
def test_parameters_and_state_may_be_donated_right_after_init(name):
    rule = RULES[name]()

    @functools.partial(jax.jit, donate_argnums=(0, 1))
    def step(params, state):
        updates, state = everything.step(rule, params, state)
        return optax.apply_updates(params, updates), state

    for init in (rule.init, jax.jit(rule.init)):
        params = jax.tree.map(lambda p: jnp.array(p, copy=True), PARAMS)
        state = init(params)
        for _ in range(2):
            params, state = step(params, state)
        assert all(not leaf.is_deleted() for leaf in jax.tree.leaves((params, state)))


# Degenerate trees


DEGENERATE = {
    "empty": {},
    "None": None,
    "0-size": {"a": jnp.zeros((0, 3)), "b": jnp.zeros((2, 0)), "c": jnp.zeros(0)},
    "Python's floats": [1.0, -2.0],
    "NumPy's": {"a": np.array([0.5, -0.25], np.float32), "b": np.float32(3.0)},
    "axes of one": {"a": jnp.ones(1), "b": jnp.ones((1, 3)), "c": jnp.ones((1, 1))},
    "many axes": jnp.ones((2, 3, 2, 2)),
}
TREES = {
    "all": DEGENERATE,
    "nothing": {},
    "nothing but None": [None],
    "nothing but 0-size": DEGENERATE["0-size"],
}


@pytest.mark.parametrize("name", NAMES)
def test_degenerate_trees_are_trees(name):
    rule = RULES[name]()
    for params in TREES.values():
        state = rule.init(params)
        for _ in range(2):
            updates, state = everything.step(rule, params, state)
            assert jax.tree.structure(updates) == jax.tree.structure(params)
            for u, p in zip(jax.tree.leaves(updates), jax.tree.leaves(params), strict=True):
                assert jnp.shape(u) == jnp.shape(p)
                assert jnp.isfinite(u).all()


# Pickles


def again(value):
    return pickle.loads(pickle.dumps(value))


def test_functions_and_entries_pickle():
    for name in dir(optimizers):
        public = getattr(optimizers, name)
        if name != "CATALOG":
            assert again(public) is public, name
    for name, entry in CATALOG.items():
        assert (again(entry).name, again(entry).by_hand) == (name, entry.by_hand)


@pytest.mark.parametrize("name", sorted(CATALOG))
def test_rules_pickle_by_how_they_were_made(name):
    rule = everything.of_entry(name)
    mine, theirs = (everything.step(r, PARAMS, r.init(PARAMS))[0] for r in (rule, again(rule)))
    jax.tree.map(np.testing.assert_array_equal, mine, theirs)
    assert repr(again(rule)) == repr(rule)
