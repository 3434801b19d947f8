"""Should weights decay by a penalty inside Adam, or beside it?

Adam with an L2 penalty against AdamW over a grid of learning rate × decay, equally many trials
each; the best of both (and of no decay) is measured on fresh learning sets and the test split. And
does the right decay stay right when the learning rate is changed, as decoupling promises?
"""

from lab.study import Study, main
from studies.weight_decay.claims import claims, tables
from studies.weight_decay.figures import figures
from studies.weight_decay.runs import WeightDecay, parts

FULL = WeightDecay()
STUDY = Study(
    name="weight_decay",
    settings=FULL,
    smoke=WeightDecay(
        seeds=2, runs=1, tuning=2, updates=20, tasks=FULL.tasks[:1], rates=FULL.rates[4:6],
        decays=(0.0, FULL.decays[6], FULL.decays[8]),
    ),
    parts=parts,
    claims=claims,
    figures=figures,
    tables=tables,
)  # fmt: skip

if __name__ == "__main__":
    main(STUDY)
