"""What is trained: bundled tasks by name, supervised tasks on any table, and tasks of one's own."""

from lab.catalog import Catalog, collect
from lab.tasks.architectures import architectures
from lab.tasks.landscapes import LANDSCAPES, Landscape
from lab.tasks.own import own
from lab.tasks.supervised import supervised
from lab.tasks.task import Initial, Problem, Source, Splits, Task

CATALOG: Catalog = collect("task", __name__, list(__path__))

__all__ = [
    "CATALOG",
    "LANDSCAPES",
    "Initial",
    "Landscape",
    "Problem",
    "Source",
    "Splits",
    "Task",
    "architectures",
    "own",
    "supervised",
]
