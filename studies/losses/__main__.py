"""Losses: their shapes and slopes, and a line fitted through outliers by three of them.

Data: y = 1 + 2x + noise, and a share of the targets shifted upwards. Each data set is fitted by
squared, absolute and Huber loss; what counts is the distance to the true line.
"""

from lab.study import Study, main
from studies.losses.claims import claims, tables
from studies.losses.figures import figures
from studies.losses.runs import Losses, parts

STUDY = Study(
    name="losses",
    settings=Losses(),
    smoke=Losses(seeds=4, steps=200),
    parts=parts,
    claims=claims,
    figures=figures,
    tables=tables,
)

if __name__ == "__main__":
    main(STUDY)
