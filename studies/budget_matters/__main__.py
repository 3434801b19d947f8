"""Does the best optimizer depend on how much each is tuned?

Random search for each optimizer over its own space, on many splits: the test loss of the best of k
trials against k. Then every optimizer as it comes, and all of them over one range of rates.
"""

from lab.study import Study, main
from studies.budget_matters.claims import claims, tables
from studies.budget_matters.figures import figures
from studies.budget_matters.runs import ADAM, ARMS, BudgetMatters, parts

STUDY = Study(
    name="budget_matters",
    settings=BudgetMatters(),
    smoke=BudgetMatters(
        seeds=2, runs=1, width=4, updates=4, trials=3,
        arms=tuple(arm for arm in ARMS if arm[0] in ("SGD", ADAM)),
    ),
    parts=parts,
    claims=claims,
    figures=figures,
    tables=tables,
)  # fmt: skip

if __name__ == "__main__":
    main(STUDY)
