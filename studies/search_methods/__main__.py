"""Which way of searching finds good hyper-parameters for the least computation?

Grid, random, Sobol, successive halving, Hyperband, TPE and a Gaussian process search the same space
for the same number of gradient evaluations, each of them on many splits of the data; then, how well
early losses rank settings, and a space on which they rank them backwards.
"""

from lab.study import Study, main
from studies.search_methods.claims import claims, tables
from studies.search_methods.figures import figures
from studies.search_methods.runs import SearchMethods, parts

SPACE = (("learning_rate", 1e-3, 1.0, True), ("momentum", 0.0, 0.99, False))
CASES = tuple((name, "iris", 0, "constant_schedule", 81, SPACE) for name in ("digits", "400 rows"))
STUDY = Study(
    name="search_methods",
    settings=SearchMethods(),
    smoke=SearchMethods(
        seeds=2, trainings=2, fewer=2, batch=2, drawn=4, looks=3, runs=1, width=4, cases=CASES,
        methods=("random", "halving"), misled=("random", "halving"),
    ),
    parts=parts,
    claims=claims,
    figures=figures,
    tables=tables,
)  # fmt: skip

if __name__ == "__main__":
    main(STUDY)
