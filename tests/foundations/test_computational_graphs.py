"""Graphs off a jaxpr: forward and backward values as written on a blackboard."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lab.foundations.graphs import computational_graph
from lab.validation.errors import InputError


def product(a, b, c):
    return (a + b) * (b - c)


def product_and_sine(x1, x2):
    return x1 * x2 + jnp.sin(x1)


def test_product_of_a_sum_and_a_difference():
    graph = computational_graph(product, 2.0, 1.0, 0.5)
    assert [node.name for node in graph.nodes] == ["a", "b", "c", "v1", "v2", "v3"]
    assert [node.operation for node in graph.nodes[3:]] == ["+", "−", "×"]
    assert [float(node.value) for node in graph.nodes] == [2, 1, 0.5, 3, 0.5, 1.5]
    # b is used twice: ∂Y/∂b = (b − c) + (a + b)
    assert [float(node.gradient) for node in graph.nodes] == [0.5, 3.5, -3, 0.5, 3, 1]
    assert graph.nodes[3].inputs == (0, 1)
    assert graph.depth == [0, 0, 0, 1, 1, 2]


def test_product_and_sine():
    graph = computational_graph(product_and_sine, 2.0, 3.0)
    x1, x2 = graph.nodes[:2]
    assert float(x1.gradient) == pytest.approx(3 + np.cos(2.0), rel=1e-6)
    assert float(x2.gradient) == 2
    assert float(graph.nodes[-1].value) == pytest.approx(6 + np.sin(2.0), rel=1e-6)


FUNCTIONS = {
    "jitted inside": (lambda x, y: jax.jit(product_and_sine)(x, y) ** 2, (0.5, 1.5)),
    "relu and softplus": (lambda x: jax.nn.relu(x) ** 3 + jax.nn.softplus(x), (1.5,)),
    "branch": (lambda x: jnp.where(x > 0, x * x, -x), (2.0,)),
    "array": (
        lambda w, x: jnp.tanh(w @ x).sum(),
        (np.ones((2, 3), np.float32), np.ones(3, np.float32)),
    ),
    "argument unused": (lambda x, y: 2 * x, (1.0, 2.0)),
    "the output is an input": (lambda x: x, (1.0,)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_backward_values_are_the_gradient(name):
    function, arguments = FUNCTIONS[name]
    graph = computational_graph(function, *arguments)
    slopes = jax.grad(function, argnums=tuple(range(len(arguments))))(*arguments)
    for node, slope in zip(graph.nodes, slopes):
        np.testing.assert_allclose(node.gradient, slope, rtol=1e-6)


def test_every_value_once():
    graph = computational_graph(lambda x: jnp.sin(x) * jnp.cos(x), 0.3)
    assert sorted(node.operation for node in graph.nodes) == ["cos", "input", "sin", "×"]


def test_what_is_no_scalar_is_refused():
    with pytest.raises(InputError, match="one scalar"):
        computational_graph(lambda x: (x, x), 1.0)
    with pytest.raises(InputError, match="one scalar"):
        computational_graph(lambda x: jnp.stack([x, x]), 1.0)
