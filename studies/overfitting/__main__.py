"""When does a network learn its rows by heart, and how is that told from too small a network?

Training and validation curves; errors against the size of the learning set, the capacity and the
share of wrong labels; the table of bias and variance with diagnoses computed from rules; decision
boundaries on moons and circles. Learning sets are redrawn, and intervals are over them.
"""

from lab.study import Study, main
from studies.overfitting.claims import claims, tables
from studies.overfitting.figures import figures
from studies.overfitting.runs import Overfitting, parts

STUDY = Study(
    name="overfitting",
    settings=Overfitting(),
    smoke=Overfitting(
        seeds=2, runs=1, updates=8, points=4, planes=("moons",), plane_widths=(2,), grid=9,
        curves=(400,), sizes=(200, 400), widths=(1, 128), noises=(0.0, 0.1),
        arms=(("high bias", "mnist1d", 1, 0),),
    ),
    parts=parts,
    claims=claims,
    figures=figures,
    tables=tables,
)  # fmt: skip

if __name__ == "__main__":
    main(STUDY)
