"""XOR by small networks: which architecture solves it, how often, and how soon?

All four corners are in every update. The rate of each architecture under each optimizer is
chosen by mean final loss among the same number of rates; success is counted on fresh seeds.
"""

from lab.study import Study, main
from studies.xor.claims import claims, tables
from studies.xor.figures import figures
from studies.xor.runs import Xor, parts

STUDY = Study(
    name="xor",
    settings=Xor(),
    smoke=Xor(
        seeds=6, updates=60, trials=2, tuning_seeds=4, optimizers=(("sgd", 0.1, 30.0),),
        architectures=((4, "relu"),),
    ),
    parts=parts,
    claims=claims,
    figures=figures,
    tables=tables,
)  # fmt: skip

if __name__ == "__main__":
    main(STUDY)
