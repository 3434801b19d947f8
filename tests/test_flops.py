"""FLOPs are counted as a person would count them."""

import itertools
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import lab
from lab import compatibility
from lab.flops import count_flops, follow


def shape(*sizes, dtype=jnp.float32):
    return jax.ShapeDtypeStruct(sizes, dtype)


def squared_100_times(x):
    return jax.lax.scan(lambda c, _: (c @ c, None), x, length=100)[0]


def periodic(x, period, count):
    """In a scan over what is stacked too, with a constant that says what a round does."""

    def body(carry, row):
        y = jax.lax.cond(period == 3, lambda: row @ row, lambda: row)
        return carry + y, y

    return jax.lax.fori_loop(0, count, lambda _, c: jax.lax.scan(body, c, x)[0], x[0])


def newton_schulz(x):
    for _ in range(5):
        a = x @ x.T
        x = 3.4445 * x + (-4.775 * a + 2.0315 * a @ a) @ x
    return x


@pytest.mark.parametrize(
    ("function", "args", "flops"),
    [
        (lambda a, b: a @ b, [shape(3, 4), shape(4, 5)], 2 * 3 * 4 * 5),
        (lambda a, b: a @ b, [shape(3, 4, dtype="c8"), shape(4, 5, dtype="c8")], 480),
        (lambda a, b: jnp.einsum("bij,bjk->bik", a, b), [shape(7, 3, 4), shape(7, 4, 5)], 840),
        (lambda a: jnp.tanh(a) + a, [shape(6)], 12),
        (lambda a: jnp.sum(a, 0), [shape(6, 3)], 18),
        (lambda a: jnp.where(a > 0, a, -a).reshape(3, 2), [shape(6)], 0),
        (lambda a: a + 1, [shape(6, dtype=jnp.int32)], 0),
        (lambda a: a.at[jnp.array([0, 1])].add(1.0), [shape(6)], 2),
        (lambda a: jax.lax.linalg.cholesky(a, symmetrize_input=False), [shape(12, 12)], 576),
        (lambda a: jax.lax.linalg.eigh(a, symmetrize_input=False), [shape(12, 12)], 9 * 12**3),
        (squared_100_times, [shape(8, 8)], 100 * 2 * 8**3),
        (lambda a: jax.lax.fori_loop(0, 10, lambda _, c: c * 2, a), [shape(4)], 40),
        (periodic, [shape(5, 4, 4), np.int32(3), np.int32(2)], 2 * 5 * (2 * 4**3 + 4**2)),
        (periodic, [shape(5, 4, 4), np.int32(2), np.int32(2)], 2 * 5 * 4**2),
        (jax.jit(lambda a: a * a), [shape(4)], 4),
        (jax.checkpoint(lambda a: a * a), [shape(4)], 4),
        (jax.nn.relu, [shape(4)], 0),
        (jax.nn.silu, [shape(4)], 8),
    ],
)
def test_a_function_counts_what_a_person_counts(function, args, flops):
    assert count_flops(function, *args) == pytest.approx(flops)


def test_newton_schulz_counts_its_products():
    """A [64, 64] times itself once and with a [64, 128] twice, five times; the rest is small."""
    products = 5 * (2 * 64 * 64 * 128 + 2 * 64**3 + 2 * 64 * 64 * 128)
    assert 1 < count_flops(newton_schulz, shape(64, 128)) / products < 1.05


def test_a_convolution_counts_a_product_for_each_place_of_its_kernel():
    def convolve(x, kernel):
        return jax.lax.conv_general_dilated(x, kernel, (1, 1), "VALID")

    image, kernel = shape(1, 3, 10, 10), shape(8, 3, 3, 3)
    assert count_flops(convolve, image, kernel) == 2 * (8 * 8 * 8) * (3 * 3 * 3)


def test_branches_on_known_integers_are_followed_and_others_count_as_the_dearest():
    def function(x, count):
        return jax.lax.cond(count % 10 == 0, lambda: jnp.tanh(jnp.tanh(x)), lambda: x)

    x = shape(5)
    assert count_flops(function, x, np.int32(20)) == 10
    assert count_flops(function, x, np.int32(21)) == 0
    assert count_flops(function, x, shape(dtype=jnp.int32)) == 10


def test_a_period_is_counted_once_in_a_period():
    def function(x, first, count):
        def body(i, x):
            return jax.lax.cond(i % 10 == 0, lambda: jnp.tanh(x), lambda: x)

        return jax.lax.fori_loop(first, first + count, body, x)

    assert count_flops(function, shape(5), np.int32(0), np.int32(40)) == 4 * 5


def test_a_loop_until_the_data_say_so_is_not_a_number():
    def function(x):
        return jax.lax.while_loop(lambda x: x > 1, lambda x: x / 2, x)

    assert np.isnan(count_flops(function, jnp.float32(100.0)))


@pytest.mark.parametrize("renamed", ["jaxpr", "length", "cond_jaxpr", "body_jaxpr", "branches"])
def test_where_jax_holds_a_loop_in_another_way_its_count_is_not_a_number(renamed, monkeypatch):
    """Every other equation of a function is read as before."""

    def forgetful(equation):
        params = {name: part for name, part in equation.params.items() if name != renamed}
        return SimpleNamespace(
            primitive=equation.primitive,
            params=params,
            invars=equation.invars,
            outvars=equation.outvars,
        )

    for name in ("scan", "while_loop", "branches"):
        read = getattr(compatibility, name)
        monkeypatch.setattr(compatibility, name, lambda e, read=read: read(forgetful(e)))

    def loops(x, count):
        by_condition = jax.lax.fori_loop(0, count, lambda _, c: c * 2, x)
        return {
            "jaxpr": squared_100_times(x),
            "length": squared_100_times(x),
            "cond_jaxpr": by_condition,
            "body_jaxpr": by_condition,
            "branches": jax.lax.cond(count > 2, lambda: x * 2, lambda: x),
        }[renamed]

    assert np.isnan(count_flops(loops, shape(4, 4), np.int32(3)))


def test_known_integers_come_out_of_a_function():
    flops, (x, count) = follow(lambda x, n: (x * 2, n + 1), shape(3), np.int32(4))
    assert (flops, x.shape, int(count)) == (3, (3,), 5)


def test_a_gradient_of_an_mlp_costs_what_its_products_do():
    """Forward, gradients of weights, gradients of inputs, but for the first layer's."""
    widths, batch = (64, 32, 32, 10), 32
    model = lab.models.MLP(widths=widths[1:-1], outputs=widths[-1])
    x = jnp.zeros((batch, widths[0]))
    params = jax.eval_shape(lambda key: model.init(key, x, train=False), jax.random.key(0))

    def loss(params):
        return jnp.sum(model.apply(params, x, train=True) ** 2)

    pairs = [a * b for a, b in itertools.pairwise(widths)]
    products = 2 * batch * (3 * sum(pairs) - pairs[0])
    assert 1 < count_flops(jax.grad(loss), params) / products < 1.05
