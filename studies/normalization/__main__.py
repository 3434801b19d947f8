"""What does batch normalization buy, at which batch size, and at what price?

Digits, a shallow ReLU net and a deep sigmoid net under SGD with momentum: the advantage over no
normalization against the batch size, with layer normalization beside it; the learning
rates that can be used; the scale of the initial weights; the depth from which it pays; and how far
inference with running averages is from training with the batch's own.
"""

from lab.study import Study, main
from studies.normalization.claims import claims, tables
from studies.normalization.figures import figures
from studies.normalization.runs import Normalization, parts

STUDY = Study(
    name="normalization",
    settings=Normalization(),
    smoke=Normalization(
        seeds=2, width=8, epochs=1, rates=(0.1,), nets=(("3-layer ReLU", 1, "relu", "he_normal"),),
        norms=("none", "batch"), sizes=(1, 4, 32), wide=(0.1, 0.3), scales=(1.0, 3.0),
        depths=(1, 4), memories=(0.99,), stale_sizes=(32,),
    ),
    parts=parts,
    claims=claims,
    figures=figures,
    tables=tables,
)  # fmt: skip

if __name__ == "__main__":
    main(STUDY)
