"""A catalogue entry: a data set by name."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lab.data.table import Table
from lab.validation.errors import require


@dataclass(frozen=True)
class Dataset:
    """A data set by name.

    Attributes:
      name: The key in the catalogue.
      load: Gives the table; keyword arguments have defaults.
      about: What it is, in one sentence.
      reference: Where it comes from.
    """

    name: str
    load: Callable[..., Table]
    about: str
    reference: str

    def __call__(self, **options: Any) -> Table:
        """The table; options are checked."""
        allowed = list(inspect.signature(self.load).parameters)
        unknown = sorted(set(options) - set(allowed))
        require(
            not unknown,
            f"data set {self.name!r} has no option {', '.join(unknown)}; "
            f"allowed are {', '.join(allowed) or 'none'}.",
        )
        return self.load(**options)
