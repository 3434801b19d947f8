"""Does a picture of the loss tell the truth about the path?

Training runs of a small network are laid on planes through its 3,466 parameters, and the loss a
plane shows below each point is set against the loss of the point itself. Then: which of small and
large batches ends in the sharper minimum, with and without normalized filters.
"""

from lab.study import Study, main
from studies.loss_slices.claims import claims, tables
from studies.loss_slices.figures import figures
from studies.loss_slices.runs import parts
from studies.loss_slices.settings import LossSlices

STUDY = Study(
    name="loss_slices",
    settings=LossSlices(),
    smoke=LossSlices(
        seeds=2, updates=40, every=4, level=1.0, tuning_seeds=2, trials=2, directions=2, map=9,
        arms=(("SGD, batch 16", "sgd", 16, 0.17, 0.36), ("SGD, batch 512", "sgd", 512, 0.17, 0.36)),
    ),
    parts=parts,
    claims=claims,
    figures=figures,
    tables=tables,
)  # fmt: skip

if __name__ == "__main__":
    main(STUDY)
