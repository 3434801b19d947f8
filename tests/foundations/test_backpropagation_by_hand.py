"""By hand = autodiff = finite differences, the worked example, and what memoization saves."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lab.foundations import backpropagation as bp
from lab.foundations import counting, derivatives, worked_example
from lab.foundations.gradient_check import finite_differences, relative_error
from lab.validation.errors import InputError


@pytest.fixture
def float64():
    with jax.enable_x64(True):
        yield


def numbers(seed, *shape):
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape))


@pytest.mark.parametrize("hidden", ["sigmoid", "tanh", "relu", "identity"])
@pytest.mark.parametrize("widths", [(4, 2, 1), (3, 5, 4, 2), (2, 2)], ids=str)
def test_hand_is_autodiff_is_finite_differences(widths, hidden, float64):
    layers = bp.initialize(jax.random.key(0), widths, jnp.float64)
    x, t = numbers(1, 7, widths[0]), numbers(2, 7, widths[-1])
    names = [hidden] * (len(widths) - 2) + ["sigmoid"]

    @jax.jit
    def errors(layers):
        def loss(layers):
            return bp.loss(layers, x, t, names)

        by_hand = bp.gradient(layers, x, t, names)
        others = jax.grad(loss)(layers), finite_differences(loss, layers, 1e-5)
        return [relative_error(by_hand, other) for other in others]

    autodiff, numeric = errors(layers)
    assert float(autodiff) < 1e-14
    assert float(numeric) < 1e-9


def test_an_update_goes_downhill():
    layers = bp.initialize(jax.random.key(0), (2, 3, 1))
    x, t, names = jnp.ones((4, 2)), jnp.zeros((4, 1)), ("tanh", "sigmoid")
    slope = jax.jit(bp.gradient, static_argnums=3)(layers, x, t, names)
    stepped = bp.update(layers, slope, 0.5)
    assert bp.loss(stepped, x, t, names) < bp.loss(layers, x, t, names)


def test_central_differences_beat_forward_ones(float64):
    def cubed(x):
        return jnp.sum(x**3)

    at, exact = jnp.array([1.0, -2.0]), jnp.array([3.0, 12.0])
    both = [
        relative_error(finite_differences(cubed, at, 1e-4, central=c), exact) for c in (True, False)
    ]
    assert both[0] < 1e-8 < both[1]
    assert relative_error(jnp.zeros(2), jnp.zeros(2)) == 0


def test_worked_example_exactly(float64):
    done = worked_example.steps(dtype=jnp.float64)
    assert float(done.first.net5) == pytest.approx(0.4, abs=1e-12)
    assert float(done.first.net6) == pytest.approx(1.0, abs=1e-12)
    expected = (
        (done.first.out5, 0.599, 3), (done.first.out6, 0.731, 3), (done.first.out7, 0.4174, 4),
        (done.err7, 0.1417, 4), (done.err6, 0.00557, 5), (done.err5, -0.01021, 5),
        (done.second.out7, 0.4710, 4), (done.first.error, 0.5826, 4),
        (done.second.error, 0.5290, 4),
    )  # fmt: skip
    for value, rounded, digits in expected:
        assert round(float(value), digits) == rounded


def test_worked_example_is_back_propagation(float64):
    done, layers = worked_example.steps(dtype=jnp.float64), worked_example.layers(jnp.float64)
    x, names = jnp.array([worked_example.INPUT]), ["sigmoid", "sigmoid"]
    slope = bp.gradient(layers, x, worked_example.TARGET, names)
    stepped = bp.update(layers, slope, worked_example.ALPHA)
    assert float(relative_error(stepped, done.updated)) < 1e-15
    assert float(bp.forward(stepped, x, names)[-1][0, 0]) == pytest.approx(done.second.out7)


def test_printed_numbers_follow_from_the_slip(float64):
    slip, printed = worked_example.steps(slip=True, dtype=jnp.float64), worked_example.PRINTED
    output = slip.updated[1]
    follows = {
        "net6": slip.first.net6, "out5": slip.first.out5, "out6": slip.first.out6,
        "out7": slip.first.out7, "err7": slip.err7, "err6": slip.err6, "err5": slip.err5,
        "w57": output.weights[0, 0], "w67": output.weights[1, 0], "bias7": output.bias[0],
        "second out7": slip.second.out7, "error": slip.first.error,
        "second error": slip.second.error,
    }  # fmt: skip
    for name, value in follows.items():
        assert abs(float(value) - printed[name]) < 10.0 ** -_digits(printed[name]), name
    exact = worked_example.steps(dtype=jnp.float64)
    assert abs(float(exact.first.net6) - printed["net6"]) > 0.1
    assert abs(float(exact.second.out7) - printed["second out7"]) > 0.002


def test_the_misprint_is_the_first_net_input_of_unit_7(float64):
    slip = worked_example.steps(slip=True, dtype=jnp.float64)
    assert float(slip.second.net7) == pytest.approx(-0.1033, abs=1e-4)
    assert float(slip.first.net7) == pytest.approx(worked_example.PRINTED["second net7"], abs=5e-4)


def _digits(written):
    return len(f"{written:.10f}".rstrip("0").split(".")[1])


def test_nine_derivatives(float64):
    net = derivatives.LinearNet(*numbers(0, 9))
    x, y = numbers(1, 2), numbers(2)
    by_hand = derivatives.nine_derivatives(net, x, y)

    def loss(net):
        return derivatives.linear_loss(net, x, y)

    o11, _, prediction = derivatives.linear_outputs(net, x)
    assert by_hand.w2_11 == -2 * (y - prediction) * o11
    assert by_hand.w1_11 == -2 * (y - prediction) * net.w2_11 * x[0]
    assert float(relative_error(by_hand, jax.grad(loss)(net))) < 1e-14
    assert float(relative_error(by_hand, finite_differences(loss, net, 1e-5))) < 1e-9


def test_two_paths_are_added(float64):
    layers = bp.initialize(jax.random.key(1), (3, 3, 2, 1), jnp.float64)
    x, y = numbers(1, 3), numbers(2)
    paths = derivatives.paths(layers, x, y)

    def loss(layers):
        return derivatives.deep_loss(layers, x, y)

    assert float(relative_error(paths.sum(0), jax.grad(loss)(layers)[0].weights)) < 1e-14
    numeric = finite_differences(loss, layers, 1e-5)[0].weights
    assert float(relative_error(paths.sum(0), numeric)) < 1e-9
    assert float(relative_error(paths[0], numeric)) > 1e-3  # one path alone is not the derivative


@pytest.mark.parametrize("memoized", [True, False])
@pytest.mark.parametrize("widths", [(2, 1), (2, 2, 1), (3, 3, 2, 1), (2, 3, 3, 2, 2)], ids=str)
def test_products_by_formula_are_products_counted(widths, memoized):
    formula = counting.multiplications(widths, memoized=memoized)
    assert formula == counting.counted(widths, memoized=memoized)


def test_memory_makes_exponential_linear():
    counts = [
        [counting.multiplications([4] * n, memoized=m) for n in range(6, 12)] for m in (True, False)
    ]
    assert len(set(np.diff(counts[0]))) == 1
    assert min(np.divide(counts[1][1:], counts[1][:-1])) > 4


def test_parameter_counts():
    assert counting.parameter_count([3, 3, 2, 1]) == 12 + 8 + 3 == 23
    assert counting.parameter_count([784, 16, 16, 10]) == 13_002
    assert counting.parameter_count([11, 3, 1]) == 40
    leaves = jax.tree.leaves(bp.initialize(jax.random.key(0), (11, 3, 1)))
    assert sum(leaf.size for leaf in leaves) == 40


def test_bad_input_is_refused():
    layers = bp.initialize(jax.random.key(0), (2, 1))
    for call in (
        lambda: bp.initialize(jax.random.key(0), (3,)),
        lambda: bp.forward(layers, jnp.ones((1, 2)), ["tanh", "tanh"]),
        lambda: bp.forward(layers, jnp.ones((1, 2)), ["tanhh"]),
        lambda: counting.parameter_count([3, 0]),
    ):
        with pytest.raises(InputError):
            call()
