"""How often does the protocol name a winner where there is none, and find one where there is?

One optimizer under two names, each with trials and seeds of its own: trained, and drawn again from
a bank of recorded runs. Then an advantage of known size is given to one of the two.
"""

from lab.study import Study, main
from studies.null.claims import claims, tables
from studies.null.figures import figures
from studies.null.runs import Null, parts

STUDY = Study(
    name="null",
    settings=Null(),
    smoke=Null(seeds=3, repetitions=2, redraws=8, updates=4, splits=2, each=2),
    parts=parts,
    claims=claims,
    figures=figures,
    tables=tables,
)

if __name__ == "__main__":
    main(STUDY)
