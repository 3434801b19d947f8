"""Does training drive the sharpness to the edge of stability, and what does looking cost?

A tanh network on 500 digits, full batches. The largest eigenvalue of the Hessian, by Lanczos, is
followed beside the training and set against the edge of a quadratic: 2/η for gradient descent,
(2 + 2β)/η for heavy ball, and 38/η for the curvature that Adam's preconditioner leaves over.
Cohen et al., arXiv:2103.00065 and arXiv:2207.14484.
"""

from lab.study import Study, main
from studies.edge_of_stability.claims import claims, tables
from studies.edge_of_stability.figures import figures
from studies.edge_of_stability.runs import parts
from studies.edge_of_stability.settings import EdgeOfStability

STUDY = Study(
    name="edge_of_stability",
    settings=EdgeOfStability(),
    smoke=EdgeOfStability(
        seeds=2, arms=("gradient descent",), updates=40, every=10, looks=(("norms", 10, 5),),
        repeats=2,
    ),
    parts=parts,
    claims=claims,
    figures=figures,
    tables=tables,
)  # fmt: skip

if __name__ == "__main__":
    main(STUDY)
