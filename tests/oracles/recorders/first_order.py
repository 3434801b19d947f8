"""Rules with an entry-wise direction: Adam's kin, signs, sharpness and curvature."""

from pathlib import Path

from problem import DECAY
from record_authors import Author, Case, checkout
from torch_steps import module_at, set_gradients, steps

DECAYED = {"weight_decay": DECAY}


def authors_file(repository: str, file: str):
    """The module in a file of a checkout."""
    return module_at(Path(checkout(repository)) / file)


def ademamix(weights, case):
    AdEMAMix = authors_file("apple/ml-ademamix", "pytorch/ademamix.py").AdEMAMix
    return AdEMAMix(weights.values(), **case.theirs)


def adopt(weights, case):
    module = authors_file("iShohei220/adopt", "src/adopt/adopt.py")
    return module.ADOPT(weights.values(), foreach=False, **case.theirs)


def lion(weights, case):
    Lion = authors_file("google/automl", "lion/lion_pytorch.py").Lion
    return Lion(weights.values(), **case.theirs)


def adabelief(weights, case):
    from adabelief_pytorch import AdaBelief

    options = {"rectify": False, "weight_decouple": False, "print_change_log": False}
    return AdaBelief(weights.values(), **options, **case.theirs)


def adan(weights, case):
    Adan = authors_file("sail-sg/Adan", "adan.py").Adan
    return Adan(weights.values(), foreach=False, fused=False, **case.theirs)


def radam(weights, case):
    RAdam = authors_file("LiyuanLucasLiu/RAdam", "radam/radam.py").RAdam
    return RAdam(weights.values(), degenerated_to_sgd=True, **case.theirs)


def yogi(weights, case):
    from torch_optimizer import Yogi

    return Yogi(weights.values(), **case.theirs)


def madgrad(weights, case):
    from madgrad import MADGRAD

    return MADGRAD(weights.values(), **case.theirs)


def sam(weights, case):
    import torch

    SAM = authors_file("davda54/sam", "sam.py").SAM
    return SAM(weights.values(), torch.optim.SGD, **case.theirs)


def sam_step(optimizer, weights, targets, t):
    """Both gradients are those of the moving quadratic."""
    del t
    set_gradients(weights, {key: (w - targets[key]).detach() for key, w in weights.items()})
    optimizer.first_step()
    set_gradients(weights, {key: (w - targets[key]).detach() for key, w in weights.items()})
    optimizer.second_step()


def sophia(weights, case):
    SophiaG = authors_file("Liuhong99/Sophia", "sophia.py").SophiaG
    return SophiaG(weights.values(), **case.theirs)


INTERVAL = 5


def sophia_step(optimizer, weights, targets, t):
    """Curvature is looked at as in algorithm 3, where (t mod k) = 1 and t counts from 1.

    The authors' code estimates it by Gauss, Newton and Bartlett, the square of a gradient; that
    gradient is 1 here, since the moving quadratic's diagonal is.
    """
    if t % INTERVAL == 0:
        set_gradients(weights, {key: w.detach() * 0 + 1 for key, w in weights.items()})
        optimizer.update_hessian()
    set_gradients(weights, {key: (w - targets[key]).detach() for key, w in weights.items()})
    optimizer.step(bs=1)


AUTHORS = {
    "ademamix": Author(
        "apple/ml-ademamix at c3d73c0, pytorch/ademamix.py",
        steps(ademamix),
        (
            Case("plain", {"alpha": 5.0}),
            Case(
                "decayed",
                {"alpha": 8.0, "betas": (0.8, 0.99, 0.95), "eps": 1e-4, **DECAYED},
                {"alpha": 8.0, "b1": 0.8, "b2": 0.99, "b3": 0.95, "eps": 1e-4, **DECAYED},
                scheduled=True,
            ),
        ),
    ),
    "adopt": Author(
        "iShohei220/adopt at 6468572, src/adopt/adopt.py",
        steps(adopt),
        (
            Case("plain"),
            Case(
                "short memory",
                {"betas": (0.8, 0.9), "eps": 1e-3},
                {"b1": 0.8, "b2": 0.9, "eps": 1e-3},
                scheduled=True,
            ),
            Case(
                "unclipped",
                {"clip_lambda": None, "eps": 0.1},
                {"use_clipping": False, "eps": 0.1},
            ),
        ),
    ),
    "lion": Author(
        "google/automl at 6a54c87, lion/lion_pytorch.py",
        steps(lion),
        (
            Case("plain", lab={"weight_decay": 0.0}),
            Case(
                "decayed",
                {"betas": (0.95, 0.98), **DECAYED},
                {"b1": 0.95, "b2": 0.98, **DECAYED},
                scheduled=True,
            ),
        ),
    ),
    "adabelief": Author(
        "adabelief-pytorch 0.2.1",
        steps(adabelief),
        (
            Case("plain", {"eps": 1e-16}),
            Case(
                "short memory",
                {"eps": 1e-8, "betas": (0.8, 0.99)},
                {"eps": 1e-8, "eps_root": 1e-8, "b1": 0.8, "b2": 0.99},
                scheduled=True,
            ),
        ),
    ),
    "adan": Author(
        "sail-sg/Adan at 2c65bea, adan.py",
        steps(adan),
        (
            Case("plain", {"eps": 1e-8}, {"eps_root": 0.0}),
            Case(
                "decayed",
                {"betas": (0.9, 0.8, 0.95), "eps": 1e-3, **DECAYED},
                {"b1": 0.9, "b2": 0.8, "b3": 0.95, "eps": 1e-3, "eps_root": 0.0, **DECAYED},
                scheduled=True,
            ),
        ),
    ),
    "radam": Author(
        "LiyuanLucasLiu/RAdam at d9fd30a, radam/radam.py; its eps is under an uncorrected root",
        steps(radam),
        (
            Case("plain", {"eps": 0.0}, {"eps": 0.0}),
            Case(
                "short memory",
                {"eps": 0.0, "betas": (0.8, 0.95)},
                {"eps": 0.0, "b1": 0.8, "b2": 0.95},
                scheduled=True,
            ),
        ),
    ),
    "yogi": Author(
        "independent: torch-optimizer 0.3.0",
        steps(yogi),
        (
            Case("plain", {"eps": 1e-3}),
            Case(
                "short memory",
                {"betas": (0.8, 0.99), "eps": 1e-6},
                {"b1": 0.8, "b2": 0.99, "eps": 1e-6},
                scheduled=True,
            ),
        ),
    ),
    "madgrad": Author(
        "madgrad 1.3",
        steps(madgrad),
        (
            Case("plain"),
            Case(
                "decayed",
                {"momentum": 0.5, **DECAYED},
                {"momentum": 0.5, **DECAYED},
                scheduled=True,
            ),
        ),
    ),
    "sam_sgd": Author(
        "independent: davda54/sam at 3c3afdb, sam.py, which adds 1e-12 to the norm",
        steps(sam, sam_step),
        (
            Case("plain", {"momentum": 0.9}),
            Case(
                "far", {"rho": 0.5, "momentum": 0.5}, {"rho": 0.5, "momentum": 0.5}, scheduled=True
            ),
        ),
    ),
    "sophia": Author(
        "Liuhong99/Sophia at a7e1572, sophia.py, looking at a curvature of 1 as in algorithm 3",
        steps(sophia, sophia_step),
        (
            Case(
                "plain",
                {"rho": 1.0, "weight_decay": 0.0},
                {"gamma": 1.0, "weight_decay": 0.0, "update_interval": INTERVAL, "eps": 1e-15},
            ),
            Case(
                "decayed",
                {"rho": 20.0, "betas": (0.9, 0.8), **DECAYED},
                {
                    "gamma": 20.0, "b1": 0.9, "b2": 0.8, "update_interval": INTERVAL, "eps": 1e-15,
                    **DECAYED,
                },
                scheduled=True,
            ),
        ),
    ),
}  # fmt: skip
