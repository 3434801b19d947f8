"""Batch, mini-batch or stochastic gradient descent: what does the batch size cost and buy?

Steps to a target at every batch size with the learning rate tuned anew for each, seconds of each
program alone, the noise scale of the gradient, and a published comparison that was not fair.
"""

from lab.study import Study, main
from studies.gradient_descent.claims import claims, tables
from studies.gradient_descent.figures import figures
from studies.gradient_descent.runs import parts
from studies.gradient_descent.settings import GradientDescent

STUDY = Study(
    name="gradient_descent",
    settings=GradientDescent(),
    smoke=GradientDescent(
        seeds=2, tuning=2, rates=3, slowest=0.13, fastest=1.0, sizes=(64,), least=40, examples=0,
        points=10, probed=64, probed_updates=40, repeats=3, epochs=2,
    ),
    parts=parts,
    claims=claims,
    figures=figures,
    tables=tables,
)  # fmt: skip

if __name__ == "__main__":
    main(STUDY)
