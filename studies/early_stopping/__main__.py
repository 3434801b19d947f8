"""When should training stop, what does stopping save, and does it cost test error?

Networks are trained to the end, and every rule of early stopping is replayed on their validation
curves: until a rule stops a run, the run is bitwise the one that goes on. Patience against updates
and test error, with clean and with wrong labels; validation sets that are too small to be trusted;
and how small an improvement should count.
"""

from lab.study import Study, main
from studies.early_stopping.claims import claims, tables
from studies.early_stopping.figures import figures
from studies.early_stopping.runs import Stopping, parts

STUDY = Study(
    name="early_stopping",
    settings=Stopping(),
    smoke=Stopping(
        seeds=2, runs=1, evaluations=6, every=2, sizes=(10, 0), arms=Stopping().arms[:1]
    ),
    parts=parts,
    claims=claims,
    figures=figures,
    tables=tables,
)

if __name__ == "__main__":
    main(STUDY)
