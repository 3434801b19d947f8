"""A table that can be split from any seed: what a task holds."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

from lab.data.prepared import Prepared, encoded_width, prepare
from lab.data.splits import FRACTIONS, make_split
from lab.data.streams import check_seed
from lab.data.table import Table


@dataclass(frozen=True, eq=False)
class Source:
    """A table with a way of splitting it; make one with `source`.

    Attributes:
      table: The rows.
      fractions: Shares of training, validation and test rows.
      train_size: How many training rows are used; None for all.
    """

    table: Table
    fractions: tuple[float, float, float] = FRACTIONS
    train_size: int | None = None

    @property
    def name(self) -> str:
        """What the data is called in tables."""
        return self.table.name

    @property
    def kind(self) -> str:
        """`"classification"` or `"regression"`."""
        return self.table.kind

    @property
    def n_classes(self) -> int:
        """K; 0 for regression."""
        return len(self.table.class_names)

    @cached_property
    def n_features(self) -> int:
        """Columns that a network reads, after encoding; the same for every split."""
        return encoded_width(self.table)

    @property
    def sha256(self) -> str:
        """A hash of the contents."""
        return _digest(self.table)

    @lru_cache(maxsize=64)  # noqa: B019 - sources live as long as their task
    def prepare(self, split_seed: int) -> Prepared:
        """The split that `split_seed` stands for, scaled by its own training rows.

        Raises:
          InputError: If the seed is out of range or the table too small.
        """
        seed = check_seed(split_seed, "split_seed")
        return prepare(self.table, make_split(self.table, seed, self.fractions, self.train_size))


@lru_cache(maxsize=64)
def _digest(table: Table) -> str:
    return table.sha256()


def source(
    table: Table,
    fractions: tuple[float, float, float] = FRACTIONS,
    train_size: int | None = None,
) -> Source:
    """Make `table` a source of splits.

    Args:
      table: From `load`, `from_file`, `from_openml`, or `Table(...)`.
      fractions: Shares of training, validation and test rows.
      train_size: Use only this many training rows; None for all.

    Raises:
      InputError: If the table cannot be split so; the split of seed 0 is tried at once.

    >>> from lab import data
    >>> iris = data.source(data.load("iris"))
    >>> iris.n_classes, iris.n_features, iris.prepare(0).rows["x"].shape
    (3, 4, (150, 4))
    """
    make_split(table, 0, fractions, train_size)
    return Source(table, (fractions[0], fractions[1], fractions[2]), train_size)
