"""LaProp, AggMo, QHM, QHAdam, Grams, C-AdamW and C-Lion, by their authors."""

import contextlib
import importlib
import sys
import types
from importlib.metadata import version
from unittest import mock

import numpy as np
from problem import DECAY, RATE, gradients, start
from record_authors import Author, Case, checkout


@contextlib.contextmanager
def float64():
    """Tensors made of numbers are of float64: C-AdamW makes some of its rate."""
    import torch

    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield torch
    torch.set_default_dtype(before)


def run(make, decay_follows_rate=False):
    """`case -> path` of a torch optimizer `make(parameters, lr=rate, **theirs)`.

    `decay_follows_rate` multiplies `weight_decay` by the rate at every update, as LaProp's authors
    ask for in words, since their code does not.
    """

    def path_of(case: Case):
        with float64() as torch:
            params = {name: torch.tensor(x, requires_grad=True) for name, x in start().items()}
            optimizer = make(list(params.values()), lr=case.rate, **case.theirs)
            path, given = {name: [] for name in params}, gradients()
            for t, rate in enumerate(case.rates()):
                for group in optimizer.param_groups:
                    group["lr"] = float(rate)
                    if decay_follows_rate:
                        group["weight_decay"] = case.theirs.get("weight_decay", 0.0) * float(rate)
                for name, p in params.items():
                    p.grad = torch.tensor(given[name][t])
                optimizer.step()
                for name, p in params.items():
                    path[name].append(p.detach().numpy().copy())
        return {name: np.stack(points) for name, points in path.items()}

    return path_of


def from_checkout(repository, module, name):
    """`(*args, **kwargs) -> optimizer` of the class `name` in a module of a repository."""

    def make(*args, **kwargs):
        import torch

        package = types.ModuleType(repository.replace("/", "_"))
        package.__path__ = [str(checkout(repository))]  # its modules import one another
        sys.modules[package.__name__] = package
        # C-AdamW compiles a function that yields, which torch refuses by now: run it as it stands
        with mock.patch.object(torch, "compile", return_value=lambda function: function):
            theirs = importlib.import_module(f"{package.__name__}.{module}")
        return getattr(theirs, name)(*args, **kwargs)

    return make


def from_qhoptim(name):
    """The same of `qhoptim.pyt`."""
    return lambda *args, **kwargs: getattr(importlib.import_module("qhoptim.pyt"), name)(
        *args, **kwargs
    )


def qhoptim():
    return f"qhoptim {version('qhoptim')}"


LAPROP = Author(
    source="Z-T-WANG/LaProp-Optimizer laprop.py, weight_decay multiplied by the rate",
    run=run(from_checkout("Z-T-WANG/LaProp-Optimizer", "laprop", "LaProp"), True),
    cases=(
        Case("plain"),
        Case(
            "decayed",
            theirs={"betas": (0.8, 0.99), "eps": 1e-3, "weight_decay": DECAY},
            lab={"b1": 0.8, "b2": 0.99, "eps": 1e-3, "weight_decay": DECAY},
            scheduled=True,
        ),
    ),
)
AGGMO = Author(
    source="AtheMathmo/AggMo aggmo.py",
    run=run(from_checkout("AtheMathmo/AggMo", "aggmo", "AggMo")),
    cases=(
        Case("plain", theirs={"betas": [0.0, 0.9, 0.99]}),
        Case(
            "decayed",
            theirs={"betas": [0.3, 0.6, 0.9, 0.95], "weight_decay": DECAY},
            lab={"betas": [0.3, 0.6, 0.9, 0.95], "weight_decay": DECAY},
            scheduled=True,
        ),
    ),
)
QHM = Author(
    source=qhoptim,
    run=run(from_qhoptim("QHM")),
    cases=(
        Case("plain", theirs={"momentum": 0.999, "nu": 0.7}),
        Case(
            "decayed",
            theirs={"momentum": 0.9, "nu": 0.4, "weight_decay": DECAY},
            lab={"momentum": 0.9, "nu": 0.4, "weight_decay": DECAY},
            scheduled=True,
        ),
    ),
)
QHADAM = Author(
    source=qhoptim,
    run=run(from_qhoptim("QHAdam")),
    cases=(
        Case("plain", theirs={"betas": (0.995, 0.999), "nus": (0.7, 1.0)}),
        Case(
            "decayed",
            theirs={
                "betas": (0.9, 0.99),
                "nus": (0.4, 0.8),
                "eps": 1e-3,
                "weight_decay": DECAY,
                "decouple_weight_decay": True,
            },
            lab={
                "b1": 0.9,
                "b2": 0.99,
                "nu1": 0.4,
                "nu2": 0.8,
                "eps": 1e-3,
                "weight_decay": DECAY,
            },
            scheduled=True,
        ),
    ),
)
# ε before the bias correction of v: the lab's only where ε is nothing, or where there is none
GRAMS = Author(
    source="Gunale0926/Grams grams.py",
    run=run(from_checkout("Gunale0926/Grams", "grams", "Grams")),
    cases=(
        Case("plain", theirs={"eps": 1e-30}, lab={"eps": 1e-30}),
        Case(
            "decayed",
            theirs={"betas": (0.8, 0.99), "eps": 1e-30, "weight_decay": DECAY},
            lab={"b1": 0.8, "b2": 0.99, "eps": 1e-30, "weight_decay": DECAY},
            scheduled=True,
        ),
        Case(
            "without memory of squares",
            theirs={"betas": (0.9, 0.0), "eps": 1e-3},
            lab={"b1": 0.9, "b2": 0.0, "eps": 1e-3},
        ),
    ),
)
QUIET = {"no_deprecation_warning": True}
CAUTIOUS_ADAMW = Author(
    source="kyleliang919/C-Optim c_adamw.py, of several tensors at a time (the default)",
    run=run(from_checkout("kyleliang919/C-Optim", "c_adamw", "AdamW")),
    cases=(
        Case("plain", theirs=QUIET),
        Case(
            "decayed",
            theirs={"betas": (0.8, 0.99), "eps": 1e-3, "weight_decay": DECAY, **QUIET},
            lab={"b1": 0.8, "b2": 0.99, "eps": 1e-3, "weight_decay": DECAY},
            scheduled=True,
        ),
    ),
)
CAUTIOUS_LION = Author(
    source="kyleliang919/C-Optim c_lion.py",
    run=run(from_checkout("kyleliang919/C-Optim", "c_lion", "Lion")),
    cases=(
        Case("plain", rate=RATE / 10),
        Case(
            "decayed",
            theirs={"betas": (0.9, 0.99), "weight_decay": DECAY},
            lab={"b1": 0.9, "b2": 0.99, "weight_decay": DECAY},
            scheduled=True,
            rate=RATE / 10,
        ),
    ),
)
AUTHORS = {
    "aggmo": AGGMO,
    "cautious_adamw": CAUTIOUS_ADAMW,
    "cautious_lion": CAUTIOUS_LION,
    "grams": GRAMS,
    "laprop": LAPROP,
    "qhadam": QHADAM,
    "qhm": QHM,
}
