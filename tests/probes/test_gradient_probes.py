"""Norms, ratios, cosines and noise are those of dense Jacobians, and survive vanishing numbers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree
from nets import B, dense_gradients, forward, loss, net

from lab import probes
from lab.statistics.noise import moments_of_batches, moments_of_examples, noise_scale
from lab.validation.errors import InputError

PARAMS, BATCH = net()
NAMES = ("layer_0", "layer_1", "layer_2")


@pytest.fixture(autouse=True)
def double():
    with (
        jax.enable_x64(True),
        jax.numpy_dtype_promotion("strict"),
        jax.numpy_rank_promotion("raise"),
    ):
        yield


@pytest.fixture(scope="module")
def gradients():
    """Of single examples, [B, P]."""
    with jax.enable_x64(True):
        return dense_gradients(PARAMS, BATCH)


def by_layer(flat):
    """A vector [P] as one vector per layer."""
    tree = ravel_pytree(PARAMS)[1](jnp.asarray(flat))
    return {name: np.asarray(ravel_pytree(tree[name])[0]) for name in NAMES}


def test_gradient_norms_are_those_of_the_dense_jacobian(gradients):
    found = jax.jit(lambda p: probes.layer_norms(jax.grad(loss)(p, BATCH)))(PARAMS)
    for name, exact in by_layer(gradients.mean(0)).items():
        np.testing.assert_allclose(found[name], np.linalg.norm(exact), atol=1e-10)


def test_norms_and_ratios_are_their_formulas():
    moved = jax.tree.map(lambda w: w + np.arange(w.size).reshape(w.shape) / 100, PARAMS)
    update = jax.tree.map(np.subtract, moved, PARAMS)
    found = jax.jit(
        lambda a, b, u: (
            probes.norm(a),
            probes.layer_rms(a),
            probes.update_to_weight_ratio(u, a),
            probes.relative_change(b, a),
            probes.layer_cosines(a, b),
            probes.cosine(a, b),
        )
    )(PARAMS, moved, update)
    total, rms, ratio, change, cosines, cosine = found
    first, last = (np.asarray(ravel_pytree(tree)[0]) for tree in (PARAMS, moved))
    np.testing.assert_allclose(total, np.linalg.norm(first), rtol=1e-12)
    length = np.linalg.norm
    for name, w in by_layer(first).items():
        other = by_layer(last)[name]
        np.testing.assert_allclose(rms[name], np.sqrt(np.mean(w**2)), rtol=1e-12)
        np.testing.assert_allclose(ratio[name], length(other - w) / length(w), rtol=1e-10)
        np.testing.assert_allclose(change[name], ratio[name], rtol=1e-10)
        expected = w @ other / length(w) / length(other)
        np.testing.assert_allclose(cosines[name], expected, rtol=1e-12)
    np.testing.assert_allclose(
        cosine, first @ last / np.linalg.norm(first) / np.linalg.norm(last), rtol=1e-12
    )


@pytest.mark.parametrize("size", [1e-30, 1e30])
def test_norms_and_cosines_neither_vanish_nor_explode(size):
    tree = {"a": {"w": jnp.full(4, size, jnp.float32)}, "b": {"w": jnp.zeros(2, jnp.float32)}}
    norms = probes.layer_norms(tree)
    np.testing.assert_allclose(norms["a"], 2 * size, rtol=1e-6)
    assert norms["b"] == 0
    np.testing.assert_allclose(probes.cosine(tree, jax.tree.map(jnp.negative, tree)), -1, rtol=1e-6)
    assert probes.cosine(tree, jax.tree.map(jnp.zeros_like, tree)) == 0
    shown = probes.update_to_weight_ratio(tree, jax.tree.map(jnp.zeros_like, tree))
    assert jnp.isposinf(shown["a"])
    assert shown["b"] == 0


def test_what_is_not_finite_stays_visible_and_half_precision_does_not_overflow():
    for wrong in (jnp.nan, jnp.inf):
        assert not jnp.isfinite(probes.norm({"w": jnp.array([1.0, wrong])}))
    half = {"w": jnp.full(10_000, 1000, jnp.float16)}
    np.testing.assert_allclose(probes.norm(half), 1e5, rtol=1e-6)


@pytest.mark.parametrize("parts", [None, 4, 2])
def test_moments_are_those_of_the_dense_jacobian(gradients, parts):
    found = jax.jit(lambda p: probes.gradient_moments(loss, p, BATCH, parts))(PARAMS)
    if parts is None:
        exact = moments_of_examples(gradients)
    else:
        means = gradients.reshape(parts, B // parts, -1).mean(1)
        small, big = (means**2).sum(-1).mean(), (gradients.mean(0) ** 2).sum()
        exact = moments_of_batches(small, big, B // parts, B)
    np.testing.assert_allclose(found.squared, exact.squared, atol=1e-10)
    np.testing.assert_allclose(found.trace, exact.trace, atol=1e-10)


def test_moments_of_many_batches_give_the_noise_scale():
    """Gradients of ½(w − x)² are w − x: tr Σ is the variance of x, |G|² its squared mean."""
    rng = np.random.default_rng(0)
    x = rng.normal(2.0, 3.0, (200, 16))

    def square(w, batch):
        return jnp.mean(jnp.square(w - batch)) / 2

    moments = jax.jit(jax.vmap(lambda b: probes.gradient_moments(square, jnp.zeros(()), b)))(x)
    interval = noise_scale(moments)
    assert interval.low < 9 / 4 < interval.high


def test_signal_to_noise_is_that_of_the_dense_jacobian(gradients):
    found = jax.jit(lambda p: probes.gradient_snr(loss, p, BATCH, epsilon=1e-12))(PARAMS)
    ratios = gradients.mean(0) ** 2 / (gradients.var(0, ddof=1) + 1e-12)
    for name, exact in by_layer(ratios).items():
        np.testing.assert_allclose(found[name], exact.mean(), rtol=1e-8)


def test_parts_must_divide_the_batch():
    for parts in (5, 1):
        with pytest.raises(InputError, match="divide the 12"):
            probes.gradient_moments(loss, PARAMS, BATCH, parts)


def test_everything_works_mapped_and_in_a_scan():
    nets = jax.tree.map(lambda *leaves: np.stack(leaves), *[net(seed) for seed in range(3)])

    def measure(params, batch):
        gradient = jax.grad(loss)(params, batch)
        _, before, after = forward(params, batch["x"])
        return {
            "norm": probes.layer_norms(gradient),
            "cosine": probes.cosine(gradient, params),
            "moments": probes.gradient_moments(loss, params, batch, 3),
            "snr": probes.gradient_snr(loss, params, batch),
            "std": probes.activation_std(after),
            "histogram": probes.histogram(after, [-1.0, 0.0, 1.0]),
            "saturated": probes.saturated_fraction(before, jnp.tanh),
            "silent": probes.silent_fraction(after),
        }

    mapped = jax.jit(jax.vmap(measure))(*nets)
    scan = jax.jit(lambda xs: jax.lax.scan(lambda c, x: (c, measure(*x)), None, xs)[1])
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-10), mapped, scan(nets))
