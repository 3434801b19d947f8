"""A table that can be split from any seed: what a task holds."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

from lab.data.label_noise import noisy_targets
from lab.data.prepared import Prepared, encoded_width, prepare
from lab.data.scaling import SHARED, check_scaling
from lab.data.splits import FRACTIONS, Split, make_split
from lab.data.streams import check_seed
from lab.data.table import Table
from lab.validation.checks import check_fields
from lab.validation.kinds import Count, NotNegative


@dataclass(frozen=True, eq=False)
class Source:
    """A table with a way of splitting it; make one with `source`.

    Attributes:
      table: The rows.
      fractions: Shares of training, validation and test rows.
      train_size: How many training rows are used; None for all.
      folds: k of a cross-validation, of which each split seed is one fold; None for one deal per
        seed. See `make_split`.
      label_noise: Share of training labels that are wrong (see `lab.data.label_noise`).
      scaling: How numbers are scaled; a key of `SCALINGS` in `lab.data.scaling`.
    """

    table: Table
    fractions: tuple[float, ...] = FRACTIONS
    train_size: Count | None = None
    folds: Count | None = None
    label_noise: NotNegative = 0.0
    scaling: str = "standard"

    def __post_init__(self):
        check_fields(self)

    @property
    def name(self) -> str:
        """What the data is called in tables."""
        return self.table.name

    @property
    def kind(self) -> Literal["classification", "regression"]:
        """`"classification"` or `"regression"`."""
        return self.table.kind

    @property
    def n_classes(self) -> int:
        """K; 0 for regression."""
        return len(self.table.class_names)

    @property
    def image_shape(self) -> tuple[int, int] | None:
        """(height, width) where columns are pixels that share one scale; otherwise None."""
        return self.table.image_shape if self.scaling in SHARED else None

    @cached_property
    def n_features(self) -> int:
        """Columns that a network reads, after encoding; the same for every split."""
        return encoded_width(self.table)

    @property
    def sha256(self) -> str:
        """A hash of the contents."""
        return _digest(self.table)

    def split(self, split_seed: int) -> Split:
        """Row numbers of the parts that `split_seed` stands for."""
        return make_split(self.table, split_seed, self.fractions, self.train_size, self.folds)

    @lru_cache(maxsize=256)  # noqa: B019 - ten times ten folds fit; lives as long as the task
    def prepare(self, split_seed: int) -> Prepared:
        """The split that `split_seed` stands for, scaled by its own training rows.

        Raises:
          InputError: If the seed is out of range or the table too small.
        """
        seed = check_seed(split_seed, "split_seed")
        split = self.split(seed)
        targets = noisy_targets(self.table, split.train, self.label_noise, seed)
        return prepare(self.table, split, self.scaling, targets)


@lru_cache(maxsize=64)
def _digest(table: Table) -> str:
    return table.sha256()


def source(
    table: Table,
    fractions: tuple[float, float, float] = FRACTIONS,
    train_size: int | None = None,
    folds: int | None = None,
    label_noise: float = 0.0,
    scaling: str = "standard",
) -> Source:
    """Make `table` a source of splits.

    Args:
      table: From `load`, `from_file`, `from_openml`, or `Table(...)`.
      fractions: Shares of training, validation and test rows.
      train_size: Use only this many training rows; None for all.
      folds: k ≥ 3 for cross-validation: `axes={"split": range(k)}` of a sweep is one round of it,
        `range(3 * k)` three. None for one deal per split seed.
      label_noise: Share of the training labels that are replaced by wrong ones; validation and
        test labels stay.
      scaling: `"standard"` (mean 0, deviation 1 per column), `"minmax"` (0 to 1 per column),
        `"whole"` (mean 0, deviation 1 over all columns, for pixels) or `"none"`.

    Raises:
      InputError: If the table cannot be split so; the split of seed 0 is tried at once.

    >>> from lab import data
    >>> iris = data.source(data.load("iris"))
    >>> iris.n_classes, iris.n_features, iris.prepare(0).rows["x"].shape
    (3, 4, (150, 4))
    """
    made = Source(table, fractions, train_size, folds, label_noise, scaling)
    return splittable(made)


def splittable(made: Source) -> Source:
    """`made`, if seed 0 can be split so and the other choices exist."""
    split = make_split(made.table, 0, made.fractions, made.train_size, made.folds)
    noisy_targets(made.table, split.train, made.label_noise, 0)
    check_scaling(made.scaling)
    return made
