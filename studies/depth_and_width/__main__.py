"""More layers, or more neurons in one layer? Shapes of a network at equal parameter counts.

The printed pair, 512 against 128-64-32, differs in parameters too; beside it stand one, two and
three layers with as many parameters as 128-64-32. The rate is tuned for each shape with the same
trials, and each shape is measured on fresh seeds and the test split.
"""

from lab.study import Study, main
from studies.depth_and_width.claims import claims, tables
from studies.depth_and_width.figures import figures
from studies.depth_and_width.runs import DepthAndWidth, parts

STUDY = Study(
    name="depth_and_width",
    settings=DepthAndWidth(),
    smoke=DepthAndWidth(
        seeds=2, trials=2, epochs=0.5, tuning=2, evaluations=4, tasks=("digits",),
        shapes=(("printed", (512,), False), ("pyramid", (4, 2, 1), True)),
    ),
    parts=parts,
    claims=claims,
    figures=figures,
    tables=tables,
)  # fmt: skip

if __name__ == "__main__":
    main(STUDY)
