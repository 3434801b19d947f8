"""Back-propagation checked: graphs with values both ways, finite differences, and what it saves.

The gradient written out by hand is compared with automatic differentiation and with finite
differences of every step, in both precisions; multiplications are counted with and without memory.
"""

from lab.study import Study, main
from studies.backpropagation.claims import claims, tables
from studies.backpropagation.figures import figures
from studies.backpropagation.runs import Backpropagation, parts

STUDY = Study(
    name="backpropagation",
    settings=Backpropagation(),
    smoke=Backpropagation(seeds=3, steps=8),
    parts=parts,
    claims=claims,
    figures=figures,
    tables=tables,
)

if __name__ == "__main__":
    main(STUDY)
