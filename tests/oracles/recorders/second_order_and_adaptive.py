"""SOAP, Shampoo, Muon, SM3, Prodigy, MoMo and schedule-free rules, in their authors' PyTorch.

All of it runs in float64: what the code would take to 16 or 32 bits for speed stays as it is.
"""

import importlib.util
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

import numpy as np
from problem import DECAY, SHAPES, gradients, start
from record_authors import Author, Case, checkout

Arrays = Mapping[str, np.ndarray]
Weights = Mapping[str, Any]  # torch.nn.Parameter of every array


@contextmanager
def double():
    """PyTorch in float64, also where its user asks for less."""
    import torch

    asked = {name: getattr(torch.Tensor, name) for name in ("float", "bfloat16")}
    torch.set_default_dtype(torch.float64)
    for name in asked:
        setattr(torch.Tensor, name, torch.Tensor.double)
    try:
        yield torch
    finally:
        torch.set_default_dtype(torch.float32)
        for name, method in asked.items():
            setattr(torch.Tensor, name, method)


def path(
    case: Case,
    make: Callable[[Weights], Any],
    step: Callable[[Any, Weights, Arrays, float], None] | None = None,
    evaluated: Callable[[Any], None] | None = None,
    shapes: Mapping[str, tuple[int, ...]] = SHAPES,
) -> Arrays:
    """Parameters after every update of `make(weights)`.

    Args:
      case: Its rates are set before each update.
      make: The optimizer.
      step: Update `weights`, given the optimizer, the arrays of the problem and the rate; None
        for one with those arrays as gradients.
      evaluated: Moves parameters to where they are to be evaluated; they are put back.
      shapes: The arrays to run on.
    """
    with double() as torch:
        weights = {key: torch.nn.Parameter(torch.tensor(start()[key])) for key in shapes}
        given, rule = gradients(), make(weights)
        seen: dict[str, list[np.ndarray]] = {}
        for t, rate in enumerate(case.rates()):
            for group in rule.param_groups:
                group["lr"] = float(rate)
            (step or with_gradients)(rule, weights, {k: given[k][t] for k in shapes}, float(rate))
            kept = {key: w.detach().clone() for key, w in weights.items()}
            for key, w in kept.items():
                seen.setdefault(key, []).append(w.numpy())
            if evaluated is not None:
                evaluated(rule)
                for key, w in weights.items():
                    seen.setdefault(f"{key} (evaluated)", []).append(w.detach().numpy().copy())
                    w.data.copy_(kept[key])
        return {key: np.stack(points) for key, points in seen.items()}


def with_gradients(rule: Any, weights: Weights, given: Arrays, rate: float) -> None:
    """An update with the gradients that are given."""
    import torch

    del rate
    for key, w in weights.items():
        w.grad = torch.tensor(given[key])
    rule.step()


def optimizer(module: str, name: str, **always: Any) -> Callable[[Case], Arrays]:
    """A run of `module.name(weights, rate, **theirs)`."""

    def run(case: Case) -> Arrays:
        make = getattr(importlib.import_module(module), name)
        return path(case, lambda w: make(list(w.values()), lr=case.rate, **always, **case.theirs))

    return run


def from_file(repository: str, file: str) -> Any:
    """A module of a repository that is no package."""
    spec = importlib.util.spec_from_file_location(file, checkout(repository) / f"{file}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def soap(case: Case) -> Arrays:
    """Axes above three entries are not turned: their first Gram matrices are singular here.

    Eigenvectors of eigenvalue 0 are LAPACK's choice, and SOAP's steps depend on them. The authors
    decay what the step has reached, (1 − η λ)(w − η n), the lab where it starts from (as AdamW):
    the same with η (1 − η λ) for the rate and λ / (1 − η λ) for the decay. They add ε to the root
    of V before its correction, so it is taken to be nothing.
    """
    rule = from_file("nikhilvyas/SOAP", "soap").SOAP

    def step(rule, weights, given, rate):
        for group in rule.param_groups:
            share = 1 - rate * case.theirs["weight_decay"]
            group["lr"], group["weight_decay"] = rate / share, case.theirs["weight_decay"] * share
        with_gradients(rule, weights, given, rate)

    def make(weights):
        return rule(list(weights.values()), max_precond_dim=3, precondition_1d=True, **case.theirs)

    return path(case, make, step)


def shampoo(case: Case) -> Arrays:
    """A scalar is given as a vector of one entry; theirs leaves scalars as they are."""
    from pytorch_optimizer import Shampoo

    def step(rule, weights, given, rate):
        with_gradients(rule, weights, {**given, "scalar": given["scalar"].reshape(1)}, rate)

    def make(weights):
        weights["scalar"].data = weights["scalar"].data.reshape(1)
        return Shampoo(list(weights.values()), **case.theirs)

    seen = dict(path(case, make, step))
    return {**seen, "scalar": seen["scalar"][:, 0]}


def muon(case: Case) -> Arrays:
    """Matrices are [out, in] there; scaled up, as otherwise the 1e-7 beside their norm is seen.

    Momentum is not Nesterov's: without a correction of the start, theirs then goes another way.
    """
    module = from_file("KellerJordan/Muon", "muon")
    update, matrices = module.muon_update, ("row", "matrix")
    module.muon_update = lambda *args, **kwargs: update(*args, **kwargs, nesterov=False)
    decay = case.theirs["weight_decay"]

    def make(weights):
        for key in matrices:
            weights[key].data = weights[key].data.T.contiguous()
        of = {name: [w for k, w in weights.items() if (k in matrices) == name] for name in (0, 1)}
        adam = {"betas": (0.9, 0.999), "eps": 1e-300, "weight_decay": decay}
        return module.SingleDeviceMuonWithAuxAdam(
            [
                {"params": of[1], "use_muon": True, "weight_decay": decay},
                {"params": of[0], "use_muon": False, **adam},
            ]
        )

    def step(rule, weights, given, rate):
        turned = {key: 1e12 * given[key].T for key in matrices}
        with_gradients(rule, weights, {**given, **turned}, rate)

    seen = dict(path(case, make, step))
    return {**seen, **{key: seen[key].transpose(0, 2, 1) for key in matrices}}


def momo(name: str) -> Callable[[Case], Arrays]:
    """Of the moving quadratic."""

    def run(case: Case) -> Arrays:
        import momo as package
        import torch

        def step(rule, weights, given, rate):
            del rate
            off = {key: w.detach() - torch.tensor(given[key]) for key, w in weights.items()}
            for key, w in weights.items():
                w.grad = off[key].clone()
            rule.step(loss=1 + sum(0.5 * (x**2).sum() for x in off.values()))

        make = getattr(package, name)
        return path(case, lambda w: make(list(w.values()), lr=case.rate, **case.theirs), step)

    return run


def schedule_free(name: str) -> Callable[[Case], Arrays]:
    """Both y, where gradients are taken, and x."""

    def run(case: Case) -> Arrays:
        import schedulefree

        def step(rule, weights, given, rate):
            rule.train()  # before the first update; later `evaluated` has left it so
            with_gradients(rule, weights, given, rate)

        def evaluated(rule):
            rule.eval()
            for group in rule.param_groups:
                group["train_mode"] = True  # parameters are put back by `path`

        def make(weights):
            rule = getattr(schedulefree, name)
            return rule(list(weights.values()), lr=case.rate, **case.theirs)

        return path(case, make, step, evaluated)

    return run


def of(package: str) -> Callable[[], str]:
    """Its name and version."""
    return lambda: f"{package} {version(package)}"


def cases(lab: Mapping[str, Any], theirs: Mapping[str, Any], **kinds: Any) -> tuple[Case, ...]:
    """A case per kind: (its arguments in the lab, in theirs, whether the rate is a schedule)."""
    return tuple(
        Case(name, {**theirs, **kind[1]}, {**lab, **kind[0]}, scheduled=kind[2], rate=kind[3])
        for name, kind in kinds.items()
    )


DECAYS = {"weight_decay": DECAY}
NONE = {"weight_decay": 0.0}
WARM = {"warmup_steps": 6}
PRODIGY = {"eps": 1e-300, "d0": 0.01, "d_coef": 100.0, "use_bias_correction": True}
SCHEDULE_FREE = {
    "plain": ({}, {}, False, 0.05),
    "decayed": (DECAYS, DECAYS, True, 0.05),
    "warmed_up": (WARM, WARM, False, 0.05),
}
MOMO = {
    "plain": ({}, {}, False, 1.0),
    "decayed": (DECAYS, DECAYS, True, 1.0),
    "estimated": ({**DECAYS, "adapt_lower_bound": True}, {**DECAYS, "use_fstar": True}, True, 0.05),
}

AUTHORS = {
    "soap": Author("nikhilvyas/SOAP, soap.py", soap, cases(
        {"max_size": 3, "eps": 1e-300}, {"eps": 1e-300},
        plain=(NONE, NONE, False, 0.05),
        decayed=(
            {**DECAYS, "update_interval": 3}, {**DECAYS, "precondition_frequency": 3}, True, 0.05
        ),
    )),
    "shampoo": Author(lambda: f"independent: {of('pytorch-optimizer')()}", shampoo, cases(
        {"eps": 1.0}, {"matrix_eps": 1.0},
        plain=({}, {}, False, 0.05),
        scheduled=({}, {}, True, 0.05),
    )),
    "muon": Author("KellerJordan/Muon, muon.py", muon, cases(
        {"eps": 1e-300, "nesterov": False}, {},
        plain=({}, NONE, False, 0.05),
        decayed=({**DECAYS, "adam_weight_decay": DECAY}, DECAYS, True, 0.05),
    )),
    "sm3": Author(of("torch-SM3"), optimizer("SM3", "SM3"), cases(
        {}, {},
        plain=({"momentum": 0.9}, {"momentum": 0.9}, False, 0.05),
        scheduled=({"momentum": 0.0}, {"momentum": 0.0}, True, 0.05),
    )),
    "prodigy": Author(of("prodigyopt"), optimizer("prodigyopt", "Prodigy"), cases(
        {"eps": 1e-300, "estim_lr0": 0.01, "estim_lr_coef": 100.0}, PRODIGY,
        plain=({}, {}, False, 1.0),
        decayed=(DECAYS, DECAYS, True, 1.0),
        safeguarded=({"safeguard_warmup": True}, {"safeguard_warmup": True}, True, 1.0),
    )),
    "momo": Author(of("momo-opt"), momo("Momo"), cases({}, {}, **MOMO)),
    "momo_adam": Author(of("momo-opt"), momo("MomoAdam"), cases({}, {}, **MOMO)),
    "schedule_free_sgd": Author(
        of("schedulefree"), schedule_free("SGDScheduleFree"), cases({}, {}, **SCHEDULE_FREE)
    ),
    "schedule_free_adamw": Author(
        of("schedulefree"), schedule_free("AdamWScheduleFree"), cases({}, {}, **SCHEDULE_FREE)
    ),
}  # fmt: skip
