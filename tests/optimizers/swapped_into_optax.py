"""A pytest plugin: optax's own tests, run with the lab's rules, transforms and schedules in it.

    python -m pytest -p swapped_into_optax --pyargs optax._src.alias_test

Every function of optax that the lab has under the same name is replaced in all of optax's modules.
"""

import sys

import optax
import optax.contrib

from lab import optimizers, schedules


def swap() -> list[str]:
    """Replace them; the names."""
    ours = {
        name: getattr(room, name)
        for room in (optimizers, schedules)
        for name in dir(room)
        if name != "CATALOG"
    }
    theirs = {
        name: getattr(place, name)
        for place in (optax.contrib, optax)
        for name in ours
        if hasattr(place, name)
    }
    for module in [m for n, m in sys.modules.items() if n.split(".")[0] == "optax"]:
        for name, function in theirs.items():
            if vars(module).get(name) is function:
                setattr(module, name, ours[name])
    return sorted(theirs)


def pytest_configure(config):
    swap()
