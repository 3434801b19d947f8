"""Rules whose steps depend on norms of whole arrays, or of all of them."""

from pathlib import Path

from problem import DECAY
from record_authors import Author, Case, checkout
from torch_steps import module_at, steps

DECAYED = {"weight_decay": DECAY}


def dog(weights, case):
    from dog import DoG

    return DoG(weights.values(), **case.theirs)


def dowg(weights, case):
    module = module_at(Path(checkout("rka97/dowg")) / "dowg/dowg.py")
    return module.DoWG(list(weights.values()), **case.theirs)


def fromage(weights, case):
    module = module_at(Path(checkout("jxbz/fromage")) / "fromage.py")
    return module.Fromage(weights.values(), **case.theirs)


def lamb(weights, case):
    from timm.optim import Lamb

    options = {"max_grad_norm": None, "always_adapt": True, "foreach": False}
    return Lamb(weights.values(), **options, **case.theirs)


def lars(weights, case):
    from timm.optim import Lars

    return Lars(weights.values(), always_adapt=True, foreach=False, **case.theirs)


def novograd(weights, case):
    from timm.optim import NvNovoGrad

    return NvNovoGrad(weights.values(), **case.theirs)


def adafactor(weights, case):
    from timm.optim.adafactor import Adafactor

    # those of matrices are factored: it asks for more entries than its bound, the lab for as many
    options = {"lr": case.rate, "scale_parameter": False, "min_dim_size_to_factor": 2}
    return Adafactor(weights.values(), **options | dict(case.theirs))


ALL_BUT_KERNEL = ("scalar", "one", "row", "matrix")

AUTHORS = {
    "dog": Author(
        "dog-optimizer 1.0.3",
        steps(dog),
        (
            Case("plain", rate=1.0),
            Case(
                "decayed",
                {"reps_rel": 1e-2, **DECAYED},
                {"init_step": ("heuristic", 1e-2), **DECAYED},
                scheduled=True,
                rate=2.0,
            ),
            Case(
                "first rate given", {"init_eta": 1e-3}, {"init_step": ("learning_rate", 1e-3)},
                rate=1.0,
            ),
        ),
    ),
    "dowg": Author(
        "rka97/dowg at e4dbe02, dowg/dowg.py; it has no rate and no decay",
        steps(dowg),
        (Case("plain", rate=1.0), Case("large eps", {"eps": 0.1}, {"eps": 0.1}, rate=1.0)),
    ),
    "fromage": Author(
        "jxbz/fromage at 4a6593b, fromage.py; norms count as they are",
        steps(fromage),
        (
            Case("plain", lab={"min_norm": 0.0}),
            Case("scheduled", lab={"min_norm": 0.0}, scheduled=True, rate=0.5),
        ),
    ),
    "lamb": Author(
        "independent: timm 1.0.31",
        steps(lamb),
        (
            Case("plain", {"weight_decay": 0.0}),
            Case(
                "decayed",
                {"betas": (0.8, 0.99), "eps": 1e-3, **DECAYED},
                {"b1": 0.8, "b2": 0.99, "eps": 1e-3, **DECAYED},
                scheduled=True,
            ),
        ),
    ),
    "lars": Author(
        "independent: timm 1.0.31, whose rate is outside the velocity",
        steps(lars),
        (
            Case(
                "plain",
                {"momentum": 0.9, "trust_coeff": 0.1, "eps": 0.0},
                {"momentum": 0.9, "trust_coefficient": 0.1},
            ),
            Case(
                "nesterov",
                {"momentum": 0.5, "nesterov": True, "trust_coeff": 1.0, "eps": 0.1},
                {"momentum": 0.5, "nesterov": True, "trust_coefficient": 1.0, "eps": 0.1},
            ),
        ),
    ),
    "novograd": Author(
        "independent: timm 1.0.31, after NVIDIA's",
        steps(novograd),
        (
            Case("plain", {"betas": (0.95, 0.98)}, {"b1": 0.95, "b2": 0.98, "eps": 1e-8}),
            Case(
                "decayed",
                {"betas": (0.9, 0.25), "eps": 1e-3, **DECAYED},
                {"b1": 0.9, "b2": 0.25, "eps": 1e-3, **DECAYED},
                scheduled=True,
            ),
        ),
    ),
    "adafactor": Author(
        "independent: timm 1.0.31; without the kernel, of which it factors other axes",
        steps(adafactor, only=ALL_BUT_KERNEL),
        (
            Case(
                "plain",
                {"min_dim_size_to_factor": 100},
                {"multiply_by_parameter_scale": False, "factored": False},
            ),
            Case(
                "factored",
                {"weight_decay": DECAY, "decay_rate": -0.5, "clip_threshold": 0.5},
                {
                    "multiply_by_parameter_scale": False, "min_dim_size_to_factor": 3,
                    "decay_rate": 0.5, "clipping_threshold": 0.5,
                    "weight_decay_rate": DECAY * 0.05,  # theirs is multiplied by the rate
                },
            ),
            Case(
                "momentum",
                {"betas": (0.9, 0.999)},
                {
                    "multiply_by_parameter_scale": False, "min_dim_size_to_factor": 3,
                    "momentum": 0.9, "dtype_momentum": "float64",
                },
                scheduled=True,
            ),
        ),
    ),
}  # fmt: skip
