"""Every public factory of `lab.optimizers` as a rule ready to be used, and what updates need.

What holds for all rules and transforms is tested over `RULES`; a factory that is not here fails a
test, so that a new one is tested by being written.
"""

import inspect

import jax
import jax.numpy as jnp
import optax

from lab import optimizers, schedules
from lab.optimizers import CATALOG

NO_FACTORIES = {
    "CATALOG",
    "current_learning_rate",
    "schedule_free_eval_params",
    "asgd_eval_params",
    "splus_eval_params",
}
RATE = 0.1


def _needs_rate(factory):
    rate = inspect.signature(factory).parameters.get("learning_rate")
    return rate is not None and rate.default is rate.empty


def of_entry(name, **kwargs):
    """The rule of an entry at its defaults, at a rate of 0.1 where it has no default."""
    factory = CATALOG[name].by_hand
    return factory(**({"learning_rate": RATE} if _needs_rate(factory) else {}), **kwargs)


def _first_only(params):  # a mask, as a function
    leaves, structure = jax.tree.flatten(params)
    return jax.tree.unflatten(structure, [i == 0 for i in range(len(leaves))])


TRANSFORMS = {
    "adaptive_grad_clip": lambda: optimizers.adaptive_grad_clip(0.1, axis=()),
    "add_decayed_weights": lambda: optimizers.add_decayed_weights(0.1, _first_only),
    "add_l1_weights": lambda: optimizers.add_l1_weights(0.1),
    "add_noise": lambda: optimizers.add_noise(0.1, 0.5, 0),
    "apply_if_finite": lambda: optimizers.apply_if_finite(optimizers.adam(RATE), 2),
    "cautious": lambda: optimizers.cautious(optimizers.adam(RATE)),
    "centralize": lambda: optimizers.centralize(),
    "clip": lambda: optimizers.clip(1.0),
    "clip_by_block_norm": lambda: optimizers.clip_by_block_norm(1.0),
    "clip_by_block_rms": lambda: optimizers.clip_by_block_rms(1.0),
    "clip_by_global_norm": lambda: optimizers.clip_by_global_norm(1.0),
    "ema": lambda: optimizers.ema(0.9),
    "freeze": lambda: optimizers.freeze(_first_only),
    "hutchinson_estimator_diag_hessian": lambda: optimizers.hutchinson_estimator_diag_hessian(),
    "lookahead": lambda: optimizers.lookahead(optimizers.adam(RATE), 2, 0.5, reset_state=True),
    "max_norm": lambda: optimizers.max_norm(1.0),
    "mechanize": lambda: optimizers.mechanize(optimizers.sgd(RATE)),
    "multi_steps": lambda: optimizers.multi_steps(optimizers.adam(RATE), 2),
    "normalize": lambda: optimizers.normalize(),
    "proximal_elastic_net": lambda: optimizers.proximal_elastic_net(0.1, 0.1, RATE),
    "proximal_l1": lambda: optimizers.proximal_l1(0.1, schedules.inverse_time_decay(RATE, 1, 1.0)),
    "reduce_on_plateau": lambda: optimizers.reduce_on_plateau(0.5, 1),
    "sam": lambda: optimizers.sam(optimizers.sgd(RATE), optimizers.sgd(0.05), 2),
    "scale_by_adadelta": lambda: optimizers.scale_by_adadelta(),
    "scale_by_dog": lambda: optimizers.scale_by_dog(("heuristic", 1e-6)),
    "scale_by_learning_rate": lambda: optimizers.scale_by_learning_rate(lambda t: 0.5 / (1 + t)),
    "scale_by_madgrad": lambda: optimizers.scale_by_madgrad(RATE),
    "scale_by_muon": lambda: optax.masked(
        optimizers.scale_by_muon(), lambda tree: jax.tree.map(lambda p: jnp.ndim(p) == 2, tree)
    ),
    "scale_by_rprop": lambda: optimizers.scale_by_rprop(RATE),
    "scale_by_shape": lambda: optax.masked(
        optimizers.scale_by_shape(), lambda tree: jax.tree.map(lambda p: jnp.ndim(p) == 2, tree)
    ),
    "scale_layers": lambda: optimizers.scale_layers(lambda tree: jax.tree.map(lambda _: 0.5, tree)),
    "schedule_free": lambda: optimizers.schedule_free(optimizers.sgd(RATE), RATE),
    "trace": lambda: optimizers.trace(0.9, nesterov=True),
}
# Dtypes of their own, and wrappers around rules that know nothing of this lab.
VARIANTS = {
    "adam-bfloat16": lambda: optimizers.adam(RATE, mu_dtype="bfloat16"),
    "apply_if_finite-optax": lambda: optimizers.apply_if_finite(optax.adam(RATE), 2),
    "cautious-optax": lambda: optimizers.cautious(optax.adam(RATE)),
    "lookahead-optax": lambda: optimizers.lookahead(optax.adam(RATE), 2, 0.5),
    "mechanize-optax": lambda: optimizers.mechanize(optax.adam(RATE)),
    "multi_steps-bfloat16": lambda: optimizers.multi_steps(
        optimizers.sgd(RATE), 2, accumulator_dtype="bfloat16"
    ),
    "multi_steps-optax": lambda: optimizers.multi_steps(optax.adam(RATE), 2),
    "schedule_free-optax": lambda: optimizers.schedule_free(
        optax.sgd(RATE), RATE, state_dtype="bfloat16"
    ),
    "sgd-bfloat16": lambda: optimizers.sgd(RATE, 0.9, accumulator_dtype="bfloat16"),
}
PARTS = sorted(set(dir(optimizers)) - set(CATALOG) - NO_FACTORIES)
RULES = {
    **{name: (lambda n=name: of_entry(n)) for name in CATALOG},
    **{n: TRANSFORMS.get(n, lambda n=n: getattr(optimizers, n)()) for n in PARTS},
    **VARIANTS,
}


def extra(loss, params, gradient):
    """All that any rule may ask for."""
    return {
        "value": loss(params),
        "grad": gradient,
        "value_fn": loss,
        "obj_fn": loss,
        "grad_fn": lambda w, _: jax.grad(loss)(w),
    }


def bowl(params):
    """½ Σ |w|² + 1, in float32 at least."""
    total = jnp.float32(1)
    for leaf in jax.tree.leaves(params):
        wide = jnp.asarray(leaf, jnp.promote_types(jnp.result_type(leaf), jnp.float32))
        total = total + 0.5 * jnp.sum(jnp.real(wide * jnp.conj(wide))).astype(total.dtype)
    return total


def step(rule, params, state, loss=bowl):
    """One update at the gradient of `loss`, with everything a rule may ask for."""
    gradient = jax.tree.map(
        lambda g, p: jnp.asarray(g, jnp.result_type(p)), jax.grad(loss)(params), params
    )
    rule = optax.with_extra_args_support(rule)
    return rule.update(gradient, state, params, **extra(loss, params, gradient))
