"""Schedules: the catalogue's own examples are valid calls."""

import optax

from lab.schedules import CATALOG
from tests.bad_input.specimens import Specimen

SPECIMENS = (
    *(Specimen(f"lab.schedules.{name}", CATALOG[name].examples[0]) for name in CATALOG),
    Specimen(
        "lab.schedules.join_schedules",
        {"schedules": [optax.constant_schedule(0.1)] * 2, "boundaries": [3]},
    ),
)
