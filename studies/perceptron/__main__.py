"""Where the perceptron stops: lines as it learns, the bound on its mistakes, and XOR.

Gates are shown in a random order from random small weights, once per seed; separable sets are
drawn at random with a given least margin.
"""

from lab.study import Study, main
from studies.perceptron.claims import claims, tables
from studies.perceptron.figures import figures
from studies.perceptron.runs import Perceptron, parts

STUDY = Study(
    name="perceptron",
    settings=Perceptron(),
    smoke=Perceptron(seeds=5, margins=(0.2, 0.3)),
    parts=parts,
    claims=claims,
    figures=figures,
    tables=tables,
)

if __name__ == "__main__":
    main(STUDY)
