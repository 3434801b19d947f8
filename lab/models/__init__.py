"""Models and the pure functions around them; the only importer of Flax in the lab."""

from lab.models.activations import ACTIVATIONS
from lab.models.elman import Elman, backpropagate_through_time
from lab.models.initializers import INITIALIZERS
from lab.models.mlp import MLP
from lab.models.padded import PaddedMLP
from lab.models.pure import apply, hidden, init, parameter_count

__all__ = [
    "ACTIVATIONS", "INITIALIZERS", "MLP", "Elman", "PaddedMLP", "apply",
    "backpropagate_through_time", "hidden", "init", "parameter_count",
]  # fmt: skip
