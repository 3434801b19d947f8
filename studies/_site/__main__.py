"""Assembles the pages of the studies, their gallery and the table of their claims.

From `studies/NAME/page.md` and `figures/claims/NAME.json` follow `figures/pages/NAME.md` and
`figures/README.md`; `figures/claims.md` is what `python -m studies.claims` makes. Nothing is run:
`python -m studies._site.figures` does that.
"""

from lab.study.command import command
from studies._site.gallery import assemble

if __name__ == "__main__":
    command(__doc__ or "", {}, lambda _: assemble("python -m studies._site"))
