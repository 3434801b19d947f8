"""What should be used against over-fitting on this data, and is the gain real?

Every regularizer alone, chosen pairs, all together and all but one: each tuned with the same number
of trials on the validation rows of each redrawn split, run on fresh seeds, and measured on the
split's test rows; gains are paired by split and corrected by Holm. Beside it, what strengths do
to the weights. On digits and MNIST-1D, or on your own table with --data.
"""

from lab.study import Study, main
from studies.regularization.claims import claims, tables
from studies.regularization.figures import figures
from studies.regularization.runs import Regularization, parts

FULL = Regularization()
STUDY = Study(
    name="regularization",
    settings=FULL,
    smoke=Regularization(
        seeds=2, runs=1, updates=8, looks=4, tasks=FULL.tasks[:1], pairs=(),
        remedies=("decoupled decay", "early stopping"), rates=FULL.rates[5:7],
        fewer=FULL.rates[5:6], factors=(0.5, 1.0), paths=FULL.paths[:2], points=2, path_splits=2,
    ),
    parts=parts,
    claims=claims,
    figures=figures,
    tables=tables,
)  # fmt: skip

if __name__ == "__main__":
    main(STUDY)
