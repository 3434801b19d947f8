"""Why do deep nets fail to train, and what revives them?

A sigmoid net of ten layers that stalls at chance at every learning rate; five remedies, each of
which changes one thing of it, and two that do not help; the region of depth, rate and scale of
initial weights that can be trained; and the gradient of every layer, followed along the training.
"""

from lab.study import Study, main
from studies.gradient_flow.claims import claims, tables
from studies.gradient_flow.figures import figures
from studies.gradient_flow.runs import PLAIN, GradientFlow, parts

STUDY = Study(
    name="gradient_flow",
    settings=GradientFlow(),
    smoke=GradientFlow(
        seeds=2, width=8, layers=2, updates=6, tuning=2, rules=(("momentum", (0.1, 0.3)),),
        stalled=PLAIN[:1], remedies=(("ReLU", (("activation", "relu"),)),), short=6,
        activations=("sigmoid",), views=(("plain", (("names", PLAIN),)),),
        region_width=8, depths=(2,), scales=(1.0, 4.0), region_rates=(0.1, 0.3),
    ),
    parts=parts,
    claims=claims,
    figures=figures,
    tables=tables,
)  # fmt: skip

if __name__ == "__main__":
    main(STUDY)
