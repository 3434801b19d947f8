"""Which model is best on this data, and how far can the ranking be trusted?

Nets from no hidden layer to a wide one, and models of scikit-learn, on the same folds of repeated
cross-validation, each tuned with the same number of trials on a fold of its own; differences are
tested with the correction for overlapping training sets, together. And how often would fewer
folds, or fewer seeds, have ranked them alike? On bundled data, or on your own table with --data.
"""

from lab.study import Study, main
from studies.model_comparison.claims import claims, tables
from studies.model_comparison.figures import figures
from studies.model_comparison.runs import ModelComparison, parts

STUDY = Study(
    name="model_comparison",
    settings=ModelComparison(),
    smoke=ModelComparison(
        seeds=2, folds=3, repetitions=2, updates=8, bundled=(("breast_cancer", 0),),
        nets=(("linear net", ()),), rates=(1e-3, 3e-3),
        classics=(("logistic or ridge", (1e-2, 1e-1)), ("support vectors", (1e-1, 1e0))),
    ),
    parts=parts,
    claims=claims,
    figures=figures,
    tables=tables,
)  # fmt: skip

if __name__ == "__main__":
    main(STUDY)
