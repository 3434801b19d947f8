"""Which initial weights keep signal and gradient alive, and what becomes of those that do not?

Outputs and gradients layer by layer before any training, for every initializer of the lab; the
second moment of ReLU signals over 50 layers against theory; hidden units that begin equal and stay
so to the last bit; and what a deep net learns from each initializer at a rate of its own.
"""

from lab.study import Study, main
from studies.initialization.claims import claims, tables
from studies.initialization.figures import figures
from studies.initialization.runs import Initialization, parts

STUDY = Study(
    name="initialization",
    settings=Initialization(),
    smoke=Initialization(
        seeds=2, width=8, layers=2, updates=10, rates=(0.1,), tuning=2, activations=("relu",),
        names=("zeros", "lecun_normal", "he_normal"), start_width=16, deep_widths=(16,),
        deep_layers=5, deep_nets=8, equal=("constant",), equal_rules=(("momentum", 0.01),),
        equal_updates=5,
    ),
    parts=parts,
    claims=claims,
    figures=figures,
    tables=tables,
)  # fmt: skip

if __name__ == "__main__":
    main(STUDY)
