"""How fast is the lab, beside what one would otherwise write, and beside the machine's limits?

Panels: `throughput` (run-steps per second of `lab.sweep` and of plain ways), `updates` (one update
of every rule by hand beside optax), `checkpoints` (what keeping a sweep's state costs), `search`
(trials per second beside Optuna driving jitted steps, and Keras where it is installed), `executors`
(two processes of half the cores each beside one), `lanes` (what one costs by their number),
`evaluations` (what one per epoch costs), `widths` (how many lanes a group holds), `first_figure`
(where a user's time goes). Whatever is compared runs in turn; ratios are formed within a round.
"""

from lab.study import Study, main
from studies.speed.claims import claims
from studies.speed.figures import figures
from studies.speed.runs import parts
from studies.speed.settings import LAB, LOOP, SEARCH, STEPS, Speed
from studies.speed.tables import tables

STUDY = Study(
    name="speed",
    settings=Speed(),
    smoke=Speed(
        rounds=2, processes="one", optimizers=("adam", "sgd"), nets=((64, 32),), batches=(256,),
        ways=(LOOP, LAB), cases=((64, 32, 32),), few=1, counts=(1, 2), evaluated_lanes=(2,),
        epochs=2, executor_lanes=4, executor_updates=1, width_nets=((64, 8),), width_lanes=0,
        widths=(4, 8), accelerated=(4, 8), updates=8, minute=8,
        sizes=(("MLP, 26k", (64, 128, 128, 10)),), trials=(8,), search_epochs=1,
        search_ways=(STEPS, SEARCH), kept_widths=(16,), kept_updates=40,
    ),
    parts=parts,
    claims=claims,
    figures=figures,
    tables=tables,
)  # fmt: skip

if __name__ == "__main__":
    main(STUDY)
