"""Every data set that the lab brings along, as a task with the default network."""

from dataclasses import dataclass
from typing import Any

from lab import data
from lab.tasks.supervised import supervised
from lab.tasks.task import Task


@dataclass(frozen=True)
class TaskEntry:
    """A task by name.

    Attributes:
      name: The key in the catalogue.
      dataset: The data set behind it.
    """

    name: str
    dataset: str

    def make(self, **options: Any) -> Task:
        """The task; `options` are those of `lab.tasks.supervised`."""
        return supervised(data.source(data.load(self.dataset)), **options)


ENTRIES = tuple(TaskEntry(name, name) for name in data.DATASETS)
