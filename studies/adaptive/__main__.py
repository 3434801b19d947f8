"""When does a learning rate per coordinate help? AdaGrad, RMSProp, Adam, their rates and their ε.

Sparse against dense features, bowls along the axes against bowls turned by 45°, the rate that
AdaGrad has left after a while, Adam's first steps with and without bias correction, and ε.
"""

from lab.study import Study, main
from studies.adaptive.claims import claims, tables
from studies.adaptive.figures import figures
from studies.adaptive.runs import RULES, Adaptive, parts

STUDY = Study(
    name="adaptive",
    settings=Adaptive(),
    smoke=Adaptive(
        seeds=2, rules=RULES[:2], updates=60, rates=4, points=3,
        conditions=(100.0,), bowl_steps=100, dying_steps=200, correction_steps=200,
        epsilons=(1e-8, 1e-2), epsilon_rates=4, epsilon_seeds=2, epsilon_updates=40,
    ),
    parts=parts,
    claims=claims,
    figures=figures,
    tables=tables,
)  # fmt: skip

if __name__ == "__main__":
    main(STUDY)
