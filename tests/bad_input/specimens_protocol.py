"""Declared comparisons: who, over which spaces, at what cost."""

import lab
from lab.spaces import LogRange
from tests.bad_input.specimens import Specimen

SPACES = {"adam": LogRange(1e-4, 1e-1)}

SPECIMENS = (
    Specimen(
        "lab.protocol.Comparison",
        {"optimizers": {"adam": "adam"}, "spaces": SPACES, "budget": lab.Budget(epochs=2)},
    ),
    Specimen("lab.protocol.phase_seeds", {"phase": lab.protocol.CONFIRM, "count": 3}),
    Specimen("lab.protocol.rate_grid", {"spaces": SPACES, "count": 3}),
)
