"""What do layers that were trained on some digits give to a net that must learn others?

Layers trained on the digits 0 to 4, with their labels or by an autoencoder without, or not trained
at all; frozen, fine-tuned with a rate that shrinks layer by layer, or fine-tuned as a whole; on
the digits 5 to 9, by number of examples. Every way is tuned with the same number of trials.
"""

from lab.study import Study, main
from studies.transfer.claims import claims, tables
from studies.transfer.figures import figures
from studies.transfer.runs import Transfer, parts

FULL = Transfer()
STUDY = Study(
    name="transfer",
    settings=FULL,
    smoke=Transfer(
        seeds=2, runs=1, updates=8, pretraining=8, per_class=(5,), rates=FULL.rates[2:4]
    ),
    parts=parts,
    claims=claims,
    figures=figures,
    tables=tables,
)

if __name__ == "__main__":
    main(STUDY)
