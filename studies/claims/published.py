"""Published claims that runs of MLP size can confirm or refute, and what tests them here."""

from typing import NamedTuple


class Published(NamedTuple):
    """A claim of a paper.

    Attributes:
      statement: What it says, in short.
      paper: Who says so.
      study: Whose claims test it; empty where none does yet.
      claims: Names of those claims; `*` stands for anything.
      elsewhere: What else there is, where no study has such a claim.
    """

    statement: str
    paper: str
    study: str = ""
    claims: tuple[str, ...] = ()
    elsewhere: str = "not tested yet"


PUBLISHED = (
    Published(
        "On a quadratic the best heavy ball contracts at (√κ − 1)/(√κ + 1), gradient descent at "
        "(κ − 1)/(κ + 1)", "Goh 2017", "momentum", ("contraction",),
    ),
    Published(
        "There is separable data on which gradient descent makes no test error, and AdaGrad, "
        "RMSProp and Adam miss the whole minority class", "Wilson et al. 2017",
        elsewhere="seen in `tests/tasks/test_separable.py`",
    ),
    Published(
        "With squared loss the sharpness of full-batch gradient descent rises to 2/η and stays "
        "there", "Cohen et al. 2021", "edge_of_stability", ("sharpens", "gradient_descent_settles"),
    ),
    Published(
        "Adam's preconditioned sharpness settles at 38/η for β₁ = 0.9", "Cohen et al. 2022",
        "edge_of_stability", ("adam_settles",),
    ),
    Published(
        "Updates to a target halve per doubling of the batch, then flatten", "Shallue et al. 2018",
        "gradient_descent", ("halving", "flat"),
    ),
    Published(
        "Momentum gains nothing over SGD at small batches, and pays at large ones (that Adam's "
        "critical batch is larger is not tested yet)", "Zhang et al. 2019", "momentum",
        ("batch_size",),
    ),
    Published(
        "The noise scale predicts where more examples stop helping, within an order of magnitude, "
        "and grows in training", "McCandlish et al. 2018", "gradient_descent",
        ("bend_predicted", "noise_grows"),
    ),
    Published(
        "Tuned fully, Adam is never worse than momentum, nor momentum than SGD",
        "Choi et al. 2019",
    ),
    Published(
        "A narrower search space turns a ranking round", "Choi et al. 2019", "budget_matters",
        ("flip_*",),
    ),
    Published(
        "Curves of the best of k trials cross: with few trials Adam with its rate alone tuned wins",
        "Sivaprasad et al. 2020", "budget_matters", ("crossing_*",),
    ),
    Published(
        "Trying several optimizers as they come does about as well as tuning one",
        "Schmidt et al. 2021", "budget_matters", ("several_defaults",),
    ),
    Published(
        "Warm-up raises the largest usable learning rate", "Kalra & Barkeshli 2024", "schedules",
        ("warmup_*",),
    ),
    Published(
        "ReLU signals shrink by 2^(−L/2) under 1/fan_in and keep their size under He; units that "
        "begin equal stay equal", "He et al. 2015", "initialization",
        ("thin_weights_shrink", "he_keeps_signals", "equal_units_*"),
    ),
    Published(
        "Decoupled decay frees the best decay from the learning rate", "Loshchilov & Hutter 2019",
        "weight_decay", ("decoupling_frees_*",),
    ),
    Published(
        "Dropout lowers the test error on data like digits", "Srivastava et al. 2014",
        "regularization", ("alone_*_dropout",),
    ),
)  # fmt: skip
