"""What do optimizers do on surfaces one can see? Steps, paths, basins of attraction, animations.

Every optimizer takes the same number of updates at the best of the same learning rates. Two
dimensions are an illustration: nothing here ranks optimizers for training networks.
"""

from lab.study import Study, main
from studies.landscapes.claims import claims, tables
from studies.landscapes.figures import figures
from studies.landscapes.runs import RULES, Landscapes, parts

STUDY = Study(
    name="landscapes",
    settings=Landscapes(),
    smoke=Landscapes(seeds=4, size=24, rules=RULES[:2], races=("saddle", "himmelblau"), frames=6),
    parts=parts,
    claims=claims,
    figures=figures,
    tables=tables,
)

if __name__ == "__main__":
    main(STUDY)
