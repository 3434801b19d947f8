"""What does scaling the features buy: conditioning, usable learning rates, speed?

Tables as they are, shifted and scaled as a whole, min-max scaled and standardized, each fitted on
training rows: condition numbers of the linear problem, and a small network under plain descent and
Adam over eight decades of learning rates.
"""

from lab.study import Study, main
from studies.feature_scaling.claims import claims, tables
from studies.feature_scaling.figures import figures
from studies.feature_scaling.runs import FeatureScaling, parts

FULL = FeatureScaling()
STUDY = Study(
    name="feature_scaling",
    settings=FULL,
    smoke=FeatureScaling(
        seeds=2, updates=20, evaluations=4, tasks=("wine",),
        scalings=("none", "minmax", "standard"), rates=(FULL.rates[8], FULL.rates[12]),
    ),
    parts=parts,
    claims=claims,
    figures=figures,
    tables=tables,
)  # fmt: skip

if __name__ == "__main__":
    main(STUDY)
