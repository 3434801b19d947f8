"""Which optimizer, at which learning rate? Equal budgets, equal trials, fresh seeds, test data.

Every optimizer gets the same number of learning rates, drawn over its declared space, on several
splits of the data. The best by validation loss is confirmed and reported on fresh seeds and on a
test split that nothing before has seen; the verdict resamples the whole procedure.
"""

from lab.study import Study, main
from studies.optimizers.claims import claims
from studies.optimizers.figures import figures
from studies.optimizers.runs import Optimizers, parts
from studies.optimizers.tables import tables

STUDY = Study(
    name="optimizers",
    settings=Optimizers(),
    smoke=Optimizers(
        seeds=2, optimizers=("sgd", "adam"), tasks=("iris", "diabetes"), trials=4, splits=1,
        tune_seeds=2, epochs=1, evaluations=4,
    ),
    parts=parts,
    claims=claims,
    figures=figures,
    tables=tables,
)  # fmt: skip

if __name__ == "__main__":
    main(STUDY)
