"""What does a learning-rate schedule buy, and does the best rate move with it?

Every schedule of the catalogue with five optimizers at one budget, the peak rate tuned for each
pair with equally many trials; reduce on plateau among them; the shift of the best rate from
constant to cosine; and how long a warm-up lets how large a rate survive.
"""

from lab.study import Study, main
from studies.schedules.claims import claims, tables
from studies.schedules.figures import figures
from studies.schedules.runs import CONSTANT, COSINE, Schedules, parts

STUDY = Study(
    name="schedules",
    settings=Schedules(),
    smoke=Schedules(
        seeds=2, updates=30, peaks=(("momentum", 0.003, 0.3), ("adam", 1e-3, 0.1)), trials=3,
        tuning_seeds=2, schedules=(CONSTANT, COSINE), many=2, shift_rates=5, shift_updates=30,
        warmups=(0, 30), limits=(("adam", 0.01, 0.5),), limit_rates=4, warmup_updates=30,
    ),
    parts=parts,
    claims=claims,
    figures=figures,
    tables=tables,
)  # fmt: skip

if __name__ == "__main__":
    main(STUDY)
