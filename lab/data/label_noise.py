"""Wrong labels among the training rows, and nowhere else."""

import numpy as np

from lab.data.streams import generator
from lab.data.table import Table
from lab.validation.errors import require, shown


def noisy_targets(table: Table, train: np.ndarray, share: float, seed: int) -> np.ndarray:
    """The targets [N], wrong in some training rows; the table's own where `share` is 0.

    Classes: round(share · n) of the n training rows are given another class, each of the others
    as likely. Numbers: every training target gets a normal error of `share` training standard
    deviations. More noise keeps the wrong labels of less, and rows that are trained on in two
    learning sets err in the same direction.

    Args:
      table: N rows.
      train: The training rows.
      share: At least 0; below 1 for classes.
      seed: Of the split.

    Raises:
      InputError: If `share` is out of range.
    """
    classes = len(table.class_names)
    real = isinstance(share, int | float | np.number) and not isinstance(share, bool)
    require(
        real and 0 <= share < (1 if classes else np.inf),
        f"label_noise must be a share in [0, 1) of the labels (a number of standard deviations "
        f"where the target is a number), given {shown(share)}.",
    )
    if share == 0:
        return table.targets
    rng = generator(seed, "split", 2)
    targets = table.targets.copy()
    if classes:
        place_N, step_N = rng.uniform(size=len(table)), rng.integers(1, classes, len(table))
        wrong = train[np.argsort(place_N[train], kind="stable")][: round(share * len(train))]
        targets[wrong] = (targets[wrong] + step_N[wrong]) % classes
    else:
        error_N = rng.standard_normal(len(table))
        targets[train] += share * targets[train].std() * error_N[train]
    return targets
