"""What does an activation do to signal and gradient, and what does it cost in the end?

Shapes and slopes of all of the lab's activations; how sigmoid and tanh units saturate with large
initial weights and with training; how ReLUs die of a large rate or a bad bias, and which of the
remedies help; and what each is worth on digits, shallow and deep, each with its own tuned rate.
"""

from lab.study import Study, main
from studies.activations.claims import claims, tables
from studies.activations.figures import figures
from studies.activations.runs import Activations, parts

STUDY = Study(
    name="activations",
    settings=Activations(),
    smoke=Activations(
        seeds=2, width=8, updates=20, rates=(0.03, 0.1), tuning=2,
        activations=(("linear", "glorot_normal"), ("relu", "he_normal")), depths=(2,),
        saturating=(("tanh", 1.0),), scales=(1.0, 3.0), killers=("adam",), remedies=("leaky_relu",),
        deadly_rates=(0.001, 1.0), biases=(-2.0, 0.0, 0.01),
    ),
    parts=parts,
    claims=claims,
    figures=figures,
    tables=tables,
)  # fmt: skip

if __name__ == "__main__":
    main(STUDY)
