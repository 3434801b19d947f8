"""Is it enough to change one hyper-parameter at a time?

Every number of a small network is varied by itself around a baseline, the others fixed. Then pairs
of them are varied together on a grid: what is found one at a time against what is found jointly.
"""

from lab.study import Study, main
from studies.one_at_a_time.claims import claims, tables
from studies.one_at_a_time.figures import figures
from studies.one_at_a_time.runs import OneAtATime, parts

STUDY = Study(
    name="one_at_a_time",
    settings=OneAtATime(),
    smoke=OneAtATime(
        seeds=2, width=4, epochs=0.5, tuning=2,
        varied=(
            ("learning_rate", 0.01, (1e-4, 0.01, 1.0)), ("momentum", 0.9, (0.0, 0.9, 0.99)),
            ("batch_size", 32, (32,)), ("init_scale", 1.0, (1.0,)), ("l2", 1e-4, (1e-4,)),
            ("dropout_rate", 0.0, (0.0,)),
        ),
        pairs=(("learning_rate", "momentum"),),
    ),
    parts=parts,
    claims=claims,
    figures=figures,
    tables=tables,
)  # fmt: skip

if __name__ == "__main__":
    main(STUDY)
