"""Every optimizer, transform and schedule of the installed optax is here or on the list below."""

import inspect

import optax
import pytest

from lab import optimizers, schedules

# What the lab does without, and why: one list, so that a new optax asks to be looked at.
LEFT_OUT = {
    # other spellings of what is here
    "dpsgd": "deprecated; sgd after differentially_private_aggregate",
    "optimistic_adam": "deprecated; optimistic_adam_v2 replaces it",
    "selective_transform": "optax.partition, spelt for freezing",
    # not optimizers
    "differentially_private_aggregate": "privacy, by gradients of single examples",
    "split_real_and_imaginary": "complex parameters are handled by every rule here",
    "inject_hyperparams": "plumbing of optax, which rules by hand go into",
    "inject_stateful_hyperparams": "plumbing of optax, which rules by hand go into",
    "per_example_global_norm_clip": "privacy, by gradients of single examples",
    "per_example_layer_norm_clip": "privacy, by gradients of single examples",
    # transforms
    "MultiSteps": "multi_steps, as a plain transformation",
    "conditionally_mask": "plumbing of optax, which rules by hand go into",
    "conditionally_transform": "plumbing of optax, which rules by hand go into",
    "measure_with_ema": "monitoring",
    "monitor": "monitoring",
    "snapshot": "monitoring",
    "chain": "plumbing of optax, which rules by hand go into",
    "named_chain": "plumbing of optax, which rules by hand go into",
    "partition": "plumbing of optax, which rules by hand go into",
    "masked": "plumbing of optax, which rules by hand go into",
    "flatten": "plumbing of optax; it would hide layers from rules that look at them",
    "keep_params_nonnegative": "a constraint; training here is unconstrained",
    "unitwise_clip": "a part of adaptive_grad_clip",
    "unitwise_norm": "a part of adaptive_grad_clip",
    "zero_nans": "hides divergence, which is a result here; apply_if_finite skips",
    "skip_large_updates": "an argument of MultiSteps",
    "skip_not_finite": "an argument of MultiSteps; apply_if_finite",
}
# Contrib names of pieces: an optimizer that is here is built of its own.
PIECES = ("scale_by_",)


def _functions(module):
    public = {n: f for n, f in vars(module).items() if not n.startswith("_")}
    return {
        n
        for n, f in public.items()
        if inspect.isfunction(getattr(f, "func", f)) and not n.startswith(PIECES)
    }


def _aliases():
    """Public functions of optax that take a learning rate, or come with the others."""
    own = {
        name
        for name in _functions(optax)
        if "learning_rate" in inspect.signature(getattr(optax, name)).parameters
    }
    return own | {"polyak_sgd", "lookahead"} & _functions(optax)


OPTIMIZERS = sorted(_aliases() | _functions(optax.contrib))
TRANSFORMS = sorted(_functions(optax.transforms) | {"MultiSteps", "centralize"})
SCHEDULES = sorted(_functions(optax.schedules))


@pytest.mark.parametrize("name", sorted({*OPTIMIZERS, *TRANSFORMS}))
def test_a_public_rule_of_optax_is_here_or_left_out(name):
    assert (name in dir(optimizers)) != (name in LEFT_OUT), (
        f"optax has {name}: write it, or say in LEFT_OUT why not (and not both)"
    )


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_public_schedule_of_optax_is_here_or_left_out(name):
    assert (name in dir(schedules)) != (name in LEFT_OUT)


def test_what_is_left_out_still_exists_and_has_a_reason():
    known = {*OPTIMIZERS, *TRANSFORMS, *SCHEDULES}
    assert not set(LEFT_OUT) - known
    assert all(LEFT_OUT.values())


def test_the_search_finds_what_a_reader_would():
    """Should optax move its names, the tests above must not become empty."""
    assert {"sgd", "adam", "nadam", "lbfgs", "polyak_sgd", "muon", "sam"} <= set(OPTIMIZERS)
    assert {"clip", "ema", "freeze", "trace", "add_noise"} <= set(TRANSFORMS)
    assert {"sgdr_schedule", "exponential_decay", "join_schedules"} <= set(SCHEDULES)
