"""The foundations by hand: perceptron, back-propagation, computational graphs, counting."""

from lab.foundations import (
    backpropagation,
    counting,
    derivatives,
    gradient_check,
    graphs,
    perceptron,
    units,
    worked_example,
)

__all__ = [
    "backpropagation",
    "counting",
    "derivatives",
    "gradient_check",
    "graphs",
    "perceptron",
    "units",
    "worked_example",
]
