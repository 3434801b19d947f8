"""How much does momentum help, where, and does Nesterov's oscillate less?

On quadratics the measured contraction is set against theory, the iteration matrix being read off
the rule's own code; on curved ravines, plateaus and bowls every rule gets the best of the same
learning rates; on the noisy quadratic model momentum is asked what it buys at each batch size.
"""

from lab.study import Study, main
from studies.momentum.claims import claims, tables
from studies.momentum.figures import figures
from studies.momentum.runs import Momentum, parts

STUDY = Study(
    name="momentum",
    settings=Momentum(),
    smoke=Momentum(
        seeds=4, conditions=(10.0,), points=8, steps=100, swing_points=12, batches=6,
        batch_rates=12, races=("elongated_bowl", "ravine"), race_steps=50,
    ),
    parts=parts,
    claims=claims,
    figures=figures,
    tables=tables,
)  # fmt: skip

if __name__ == "__main__":
    main(STUDY)
