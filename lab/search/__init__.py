"""Hyper-parameter search: rounds of trials are lanes of a few compiled programs.

A searcher is a new file here with a tuple `ENTRIES`; nothing else needs an edit.
"""

from lab.catalog import Catalog, collect
from lab.search.entry import Round, Rounds, Searcher, cost
from lab.search.importance import importances
from lab.search.lanes import Lanes
from lab.search.loop import Trial, best, search
from lab.search.space import Configuration, Space, When
from lab.search.storage import Storage, from_optuna, opened
from lab.spaces import Choice, Domain, Fixed, Float, Int

CATALOG: Catalog[Searcher] = collect("searcher", __name__, list(__path__))

__all__ = [
    "CATALOG", "Choice", "Configuration", "Domain", "Fixed", "Float", "Int", "Lanes", "Round",
    "Rounds", "Searcher", "Space", "Storage", "Trial", "When", "best", "cost", "from_optuna",
    "importances", "opened", "search",
]  # fmt: skip
