"""Which network, optimizer and numbers for this table? A search over all of them at once.

Searches depth, widths, dropout of each layer, activation, batch size, optimizer and learning rate
on validation rows, then trains the best on fresh seeds beside the default network, and opens the
test rows once. On breast cancer, or on your own table with --data FILE.csv --target COLUMN. The
search goes on from its folder with --resume; Optuna's dashboard reads its trials.db, and
`lab.load_predictor` its best.npz, the best network with everything that it needs to predict.
"""

from lab.study import Study, main
from studies.tuning.claims import claims, tables
from studies.tuning.figures import figures
from studies.tuning.runs import Tuning, parts

STUDY = Study(
    name="tuning",
    settings=Tuning(),
    smoke=Tuning(
        seeds=2, runs=2, trainings=4, batch=2, epochs=2, layers=2, units=32, forests=2,
        table="iris", rules=("adam",), activations=("relu",), batch_sizes=(32,),
    ),
    parts=parts,
    claims=claims,
    figures=figures,
    tables=tables,
)  # fmt: skip

if __name__ == "__main__":
    main(STUDY)
