"""Rules that find their own rate, and two of Adam's kin."""

import inspect
from pathlib import Path
from types import ModuleType

from problem import DECAY
from record_authors import Author, Case, checkout
from torch_steps import module_at, set_gradients, steps

DECAYED = {"weight_decay": DECAY}


def acprop(weights, case):
    file = Path(checkout("juntang-zhuang/ACProp-Optimizer")) / "optimizers" / "ACProp.py"
    return module_at(file).ACProp(weights.values(), rectify=False, **case.theirs)


def cocob(weights, case):
    file = Path(checkout("bremen79/parameterfree")) / "parameterfree" / "cocob.py"
    return module_at(file).COCOB(weights.values(), **case.theirs)


def dadapt_adamw(weights, case):
    from dadaptation import DAdaptAdam

    options = {"decouple": True, "use_bias_correction": True}
    return DAdaptAdam(weights.values(), **options, **case.theirs)


def simplified_ademamix(weights, case):
    file = Path(checkout("DepenM/Simplified-AdEMAMix")) / "simplified_AdEMAMix.py"
    return module_at(file).SimAdEMAMix(weights.values(), **case.theirs)


def mechanic_as_in_the_paper() -> ModuleType:
    """The authors' module with the decay taken at x_t, as in algorithm 1.

    The package reads it off the parameters after the step of the rule inside, x_t + u_t.
    """
    from mechanic_pytorch import mechanic

    text = inspect.getsource(mechanic)
    for line in ("p_flat = p.flatten()", "mechanic_state['s_decay'] * p.flatten()"):
        assert text.count(line) == 1
        text = text.replace(line, line.replace("p.flatten()", "(p - updates[p]).flatten()"))
    module = ModuleType("mechanic_as_in_the_paper")
    exec(compile(text, module.__name__, "exec"), module.__dict__)
    return module


BETAS = (0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999)  # its default


def mechanic_sgd(weights, case):
    import torch

    module = mechanic_as_in_the_paper()
    rule = module.mechanize(torch.optim.SGD, store_delta=True)
    optimizer = rule(weights.values(), lr=1.0, momentum=case.theirs["momentum"])
    first = {weight: weight.detach() for weight in weights.values()}
    tuner = {"s_decay": 0.01, "betas": BETAS, "s_init": 1e-8, "eps": 1e-8} | case.theirs["tuner"]
    module._init_state(optimizer, first, **tuner, store_delta=True, log_every=0)
    optimizer.state["_mechanic"]["max_product"].zero_()  # as in the paper; the package has 1e-6
    return optimizer


def in_a_bowl(optimizer, weights, targets, t):
    """An update with the gradients of ½ Σ w²."""
    del targets, t
    set_gradients(weights, {key: w.detach() for key, w in weights.items()})
    optimizer.step()


def rate_free(make):
    """A `run` for `Author` that knows of bowls."""
    return lambda case: steps(make, in_a_bowl if case.bowl else None)(case)


AUTHORS = {
    "acprop": Author(
        "juntang-zhuang/ACProp-Optimizer at a880843, optimizers/ACProp.py, not rectified",
        steps(acprop),
        (
            Case("plain"),
            Case(
                "decayed",
                {"betas": (0.8, 0.99), "eps": 1e-4, **DECAYED},
                {"b1": 0.8, "b2": 0.99, "eps": 1e-4, "eps_root": 1e-4, **DECAYED},
                scheduled=True,
            ),
        ),
    ),
    "cocob": Author(
        "bremen79/parameterfree at 8e130f2, parameterfree/cocob.py",
        rate_free(cocob),
        (
            Case("plain", rate=1.0),
            Case(
                "decayed",
                {"alpha": 3.0, "eps": 1e-3, **DECAYED},
                {"alpha": 3.0, "eps": 1e-3, **DECAYED},
                scheduled=True,
                rate=1.0,
            ),
            Case("bowl", rate=1.0, bowl=True),
        ),
    ),
    "dadapt_adamw": Author(
        "dadaptation 3.2, DAdaptAdam, decoupled and with bias correction",
        rate_free(dadapt_adamw),
        (
            Case("plain", rate=1.0),
            Case(
                "decayed",
                {"betas": (0.8, 0.9), "eps": 1e-4, "d0": 1e-2, **DECAYED},
                {"betas": (0.8, 0.9), "eps": 1e-4, "estim_lr0": 1e-2, **DECAYED},
                scheduled=True,
                rate=1.0,
            ),
            Case("bowl", {"d0": 1e-3}, {"estim_lr0": 1e-3}, rate=1.0, bowl=True),
        ),
    ),
    "simplified_ademamix": Author(
        "DepenM/Simplified-AdEMAMix at dba14d0, simplified_AdEMAMix.py",
        steps(simplified_ademamix),
        (
            Case("plain"),
            Case(
                "decayed",
                {"betas": (0.9, 0.99), "alpha": 4.0, "eps": 1e-4, **DECAYED},
                {"b1": 0.9, "b2": 0.99, "alpha": 4.0, "eps": 1e-4, **DECAYED},
                scheduled=True,
            ),
        ),
    ),
    "mechanic_sgd": Author(
        "mechanic-pytorch 0.0.1, with m and the decay as in algorithm 1",
        rate_free(mechanic_sgd),
        (
            Case(
                "plain",
                {"momentum": 0.9, "tuner": {"s_init": 0.01}},
                {"momentum": 0.9, "s_init": 0.01},
                rate=1.0,
            ),
            Case(
                "decayed",
                {
                    "momentum": 0.5,
                    "tuner": {"s_decay": DECAY, "betas": BETAS[:2], "s_init": 0.1, "eps": 1e-3},
                },
                {"momentum": 0.5, "num_betas": 2, "s_init": 0.1, "eps": 1e-3, **DECAYED},
                scheduled=True,
                rate=1.0,
            ),
            Case(
                "bowl",
                {"momentum": 0.9, "tuner": {"s_init": 1e-4}},
                {"momentum": 0.9, "s_init": 1e-4},
                rate=1.0,
                bowl=True,
            ),
        ),
    ),
}
