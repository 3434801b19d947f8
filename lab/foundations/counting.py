"""What memoization saves, and how many parameters a network has.

The back-propagation recursion is run as a textbook writes it, on names instead of numbers,
counting products. With memory each O and each Err is worked out once; without, anew wherever a
formula mentions it. Widths n_0, ..., n_L; biases cost no products.
"""

from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise

from lab.shapes import require_layers
from lab.validation.checks import checked
from lab.validation.kinds import Count


@checked
def parameter_count(widths: Sequence[Count]) -> int:
    """Weights and biases of a dense network: Σ_l (n_{l−1} + 1) n_l.

    >>> parameter_count([3, 3, 2, 1]), parameter_count([784, 16, 16, 10])
    (23, 13002)
    """
    require_layers(widths)
    return sum((n + 1) * m for n, m in pairwise(widths))


@checked
def multiplications(widths: Sequence[Count], *, memoized: bool) -> int:
    """Products that all derivatives ∂L/∂w_ij, ∂L/∂θ_j need for one example.

    O_j = σ(Σ_i w_ij O_i) costs n_{l−1} products; Err_k = O'_k (t_k − O_k) one; hidden
    Err_j = O'_j Σ_k w_jk Err_k costs n_{l+1} + 1; ∂L/∂w_ij = O_i Err_j one. The slope σ' counts
    as no product, being part of σ.

    Memoized the sum is linear in the number of weights; otherwise it grows as the number of
    paths, exponentially in depth.

    Args:
      widths: n_0, ..., n_L.
      memoized: Whether a value once worked out is remembered.
    """
    require_layers(widths)
    widths, last = tuple(widths), len(widths) - 1
    if memoized:
        products = sum(n * m for n, m in pairwise(widths))
        inner = sum(n * m for n, m in pairwise(widths[1:]))
        return products + (inner + sum(widths[1:])) + products  # O, Err, ∂L/∂w

    @cache
    def value(layer: int) -> int:  # products behind one O of the layer
        return 0 if layer == 0 else widths[layer - 1] * (value(layer - 1) + 1)

    @cache
    def error(layer: int) -> int:  # behind one Err; its slope and the output error read an O
        if layer == last:
            return value(last) + 1
        return value(layer) + 1 + widths[layer + 1] * (error(layer + 1) + 1)

    return sum(
        n * m * (value(i) + error(i + 1) + 1) + m * error(i + 1)  # each ∂L/∂w_ij, each ∂L/∂θ_j
        for i, (n, m) in enumerate(pairwise(widths))
    )


@checked
def counted(widths: Sequence[Count], *, memoized: bool) -> int:
    """The same number by running the recursion, a visit per product: for small networks."""
    require_layers(widths)
    last, made = len(widths) - 1, [0]
    remember: Callable = cache if memoized else lambda function: function

    def multiply() -> None:
        made[0] += 1

    @remember
    def value(layer: int, j: int) -> None:
        if layer > 0:
            for i in range(widths[layer - 1]):
                value(layer - 1, i)
                multiply()  # w_ij · O_i

    @remember
    def error(layer: int, j: int) -> None:
        value(layer, j)  # for O'_j, and for t_j − O_j in the last layer
        if layer < last:
            for k in range(widths[layer + 1]):
                error(layer + 1, k)
                multiply()  # w_jk · Err_k
        multiply()  # O'_j · (...)

    for layer in range(1, last + 1):
        for j in range(widths[layer]):
            for i in range(widths[layer - 1]):
                value(layer - 1, i)
                error(layer, j)
                multiply()  # O_i · Err_j
            error(layer, j)  # ∂L/∂θ_j
    return made[0]
