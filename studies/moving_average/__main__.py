"""What does an exponentially weighted moving average remember, and is it better than a simple one?

V_t = βV_{t−1} + (1 − β)θ_t with and without bias correction, beside the simple average whose
window has the same noise, on a noisy wave and on a step, over many draws of the noise.
"""

from lab.study import Study, main
from studies.moving_average.claims import claims, tables
from studies.moving_average.figures import figures
from studies.moving_average.runs import MovingAverage, parts

STUDY = Study(
    name="moving_average",
    settings=MovingAverage(),
    smoke=MovingAverage(seeds=10),
    parts=parts,
    claims=claims,
    figures=figures,
    tables=tables,
)

if __name__ == "__main__":
    main(STUDY)
