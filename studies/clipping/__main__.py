"""What does clipping the gradient buy where gradients explode?

A recurrent net on the adding problem and a too-deep multi-layer perceptron, both begun so that
twelve factors of 1.5 multiply: without clipping, by value, per leaf, by global norm and relative
to the weights, at every rate of one grid: who trains, who survives, and who has loss spikes.
"""

from lab.study import Study, main
from studies.clipping.claims import claims, tables
from studies.clipping.figures import figures
from studies.clipping.runs import Clipping, parts

STUDY = Study(
    name="clipping",
    settings=Clipping(),
    smoke=Clipping(
        seeds=2, tuning=2, nets=("recurrent",), clips=(("global norm", (0.1, 1.0)),),
        rates=2, slowest=0.03, fastest=0.1, updates=40,
    ),
    parts=parts,
    claims=claims,
    figures=figures,
    tables=tables,
)  # fmt: skip

if __name__ == "__main__":
    main(STUDY)
