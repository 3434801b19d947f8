"""Gradient transformations written out by hand, wherever an `optax.GradientTransformation` goes.

`lab.optimizers.adam(learning_rate=1e-3)` has optax's name, parameters and defaults where optax
has the algorithm. `CATALOG` lists the algorithms with their optax twins, search spaces and
references. A new algorithm is a new file in `algorithms/` with a tuple `ENTRIES`, a new transform
one in `transforms/` with a tuple `PARTS`; nothing else needs an edit.

Any float parameter may be a traced scalar, and the same state may be updated by transformations
built with other numbers: so a rule can be made inside a compiled step.
"""

from collections.abc import Callable
from typing import Any

from lab.catalog import Catalog, OptimizerEntry, collect, collect_parts
from lab.optimizers import algorithms, transforms
from lab.validation.errors import UnknownNameError

CATALOG: Catalog[OptimizerEntry] = collect("optimizer", algorithms.__name__, algorithms.__path__)
_PUBLIC = {
    **collect_parts(transforms.__name__, transforms.__path__),
    **collect_parts(algorithms.__name__, algorithms.__path__),
    **{name: entry.by_hand for name, entry in CATALOG.items()},
}


def __getattr__(name: str) -> Callable[..., Any]:
    if name in _PUBLIC:
        return _PUBLIC[name]
    raise AttributeError(str(UnknownNameError(f"name in {__name__}", name, ["CATALOG", *_PUBLIC])))


def __dir__() -> list[str]:
    return sorted(["CATALOG", *_PUBLIC])
