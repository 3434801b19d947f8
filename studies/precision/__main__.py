"""Where do 16 bits break training, and what does a loss scale, or a scaled input, repair?

What formats can hold; the softmax as its formula stands and as it should be computed; a network
trained in float32, float16, bfloat16 and mixtures, at every loss scale from 2⁻²⁴ to 2²⁴, static and
dynamic; and the updates that badly scaled inputs cost descent, heavy ball and Adam.
"""

from lab.study import Study, main
from studies.precision.claims import claims, tables
from studies.precision.figures import figures
from studies.precision.runs import parts
from studies.precision.settings import REFERENCE, STATIC, Precision

STUDY = Study(
    name="precision",
    settings=Precision(),
    smoke=Precision(
        seeds=2, tuning=2, epochs=1, widths=(8,), rates=1, slowest=0.03, fastest=0.03,
        ways=(REFERENCE, STATIC), exponents=(-24, 0, 24), logits=5, draws=20, rules=("sgd",),
        conditions=(1.0, 10.0), input_rates=1, input_slowest=0.3, input_fastest=0.3, steps=100,
    ),
    parts=parts,
    claims=claims,
    figures=figures,
    tables=tables,
)  # fmt: skip

if __name__ == "__main__":
    main(STUDY)
