"""Where the lab and optax 0.2.8 part on purpose, and how closely the rest can be compared.

Every reason in DIFFERENCES is tested in a file test_*differences*.py, by a test named after it.
"""

import jax.numpy as jnp

# Rules that set parameters rather than move them: errors are relative to the largest parameter.
SETS_PARAMETERS = {
    "schedule_free_sgd": "optax takes the difference of two points",
    "schedule_free_adamw": "optax takes the difference of two points",
    "madgrad": "optax takes the difference of two points",
    "cocob": "both take the difference of two points",
}

# Measured floors where optax itself is less exact. Of 16-bit floats no equality is asked: the lab
# computes in float32 and rounds once, see test_everything.py.
FLOOR = {
    "madgrad": {jnp.float64: 2e-8},  # √(k + 1) in float32
    "schedule_free_sgd": {jnp.float64: 2e-8},  # the warm-up in float32
    "schedule_free_adamw": {jnp.float64: 2e-8},
    # a lower bound that adapts is a difference of sums: 1.7e-5 from optax's own float64 updates
    "momo_adam": {jnp.float32: 2e-5},
}
# The same for updates that are not compiled.
EAGER_FLOOR = {"radam": {jnp.float32: 7e-4}}  # ρ cancels: optax, compiled, is as far from itself

# Defaults of the authors' where optax's depart from them.
OWN_DEFAULTS = {"scale_by_sm3": {"eps": 1e-30}}

DIFFERENCES = {
    "scale_by_learning_rate": "a rate of None is 1; in optax it is -1, which ascends",
    "adadelta": "no rate descends, complex gradients count by |g|²; optax ascends and takes g²",
    "rmsprop": "a variance that rounding took below zero is zero; in optax its root is NaN",
    "adafactor": "the decay is as exact as the parameters; optax computes it in float32; a state "
    "younger than the offset has finite steps; in optax NaN for ever",
    "adan": "the look-ahead is weighted by b2, as in the paper, in optax by 1 - b2 (its PR 1715); "
    "weights decay by a proximal step, in optax as AdamW's",
    "fromage": "1/√(1 + η²) - 1 does not cancel; optax loses it at small traced η in float32",
    "rprop": "every update is its own step; optax emits the one before (its PR 1725)",
    "sm3": "scalars, complex numbers and schedules work; optax fails on them; ε is 1e-30 as in the "
    "authors' code, in optax 1e-8, which shortens the steps of small gradients",
    "momo": "the step is divided by 1 + ηλ too, as in lemma 3.1, in optax the weights alone; "
    "a squared norm below 2.2e-16 is no reason to stand still, as it is in optax",
    "momo_adam": "the step is divided by 1 + ηλ too, as in lemma 3.1, in optax the weights alone",
    "schedule_free_sgd": "a point is weighted by the rate that led to it, as in algorithm 1, in "
    "optax by the next one of the schedule; a warm-up starts at 1 / T, in optax at 0",
    "schedule_free_adamw": "a point is weighted by the rate that led to it, as in algorithm 1, in "
    "optax by the next one of the schedule; a warm-up starts at 1 / T, in optax at 0",
    "ademamix": "mu_dtype is of first moments, and kept; in optax also of v, and lost at once",
    "madgrad": "optax takes √(k + 1) in float32 also where parameters are float64, and complex "
    "numbers not at all",
    "polyak_sgd": "scaling multiplies the step; optax divides by it where nothing is cut off",
    "adopt": "complex numbers work; optax cannot clip them",
    "prodigy": "ε is multiplied by the old d, as in the paper, in optax by the new one, as in the "
    "authors' code; gradients of zero leave d as it is, in optax it is NaN from then on; "
    "complex numbers count by |g|², in optax by g²",
    "sam_sgd": "a gradient of zero stays zero; in optax it is NaN",
    "galore": "matrices are projected on their shorter side, as in the paper; in optax on the "
    "longer, after a decomposition in float32",
    "acprop": "g − m is taken with the m of this update, as in the paper, in optax with that of "
    "the update before; the first update is g, in optax g / (1 + ε)",
    "cocob": "gradients are not squared, so that no square overflows; complex numbers count by "
    "their modulus, optax compares them with zero",
    "dadapt_adamw": "first gradients of zero leave d as it is, in optax it is NaN; complex "
    "numbers count by |g|², in optax by g²",
    "simplified_ademamix": "b1 may be a schedule, as in the authors' code; complex numbers count "
    "by |g|², in optax by g²",
    "mechanize": "r and s begin and are bounded as in the paper; in optax s begins at s_init and "
    "not at zero, r may fall below zero, |h| is bounded by the m before, Δ is too small while s is "
    "as small as ε, and s_init is a hundred times the paper's",
    "lbfgs": "extra arguments that the line search does not use are ignored; optax refuses them; "
    "pairs of negative curvature are skipped; optax keeps them, and climbs",
    "sophia": "as in algorithm 3, m is not corrected and the curvature looked at before the step; "
    "optax corrects it and looks after the step",
    "sam": "of one gradient per update it is the rule alone; optax undoes the step before",
    "multi_steps": "the loss is averaged as gradients are; optax hands on the last one",
    "reduce_on_plateau": "losses may be negative and patience 0 is that of Keras; in optax "
    "negative losses are always better, and a patience of 0 punishes improvement",
    "clip_by_global_norm": "clipping nothing to nothing is nothing; in optax it is NaN",
    "clip_by_block_rms": "clipping nothing to nothing is nothing; in optax it is NaN",
}
