"""Which call of torch and keras is the twin of which rule, and why some of them part.

Imports nothing but the standard library, so that `tests/oracles/record.py` runs where JAX is
not installed. Every reason is held against measurements by `tests/optimizers/test_oracles.py`:
one that is no longer needed fails as one that is missing does.
"""

from dataclasses import dataclass, field
from typing import Any

Call = tuple[str, dict[str, Any]]  # a class, and its arguments but the rate


@dataclass(frozen=True)
class Case:
    """One rule with hyper-parameters that mean the same everywhere.

    Attributes:
      optimizer: The key in the catalogue.
      lab: Arguments of the rule written by hand, but the rate.
      torch: The call of `torch.optim`; None where there is none.
      keras: The call of `keras.optimizers`; None where there is none.
      fixed_rate: Whether the rate stays as it is; otherwise it falls to a fifth at update 10.
    """

    optimizer: str
    lab: dict[str, Any] = field(default_factory=dict)
    torch: Call | None = None
    keras: Call | None = None
    fixed_rate: bool = False

    @property
    def name(self) -> str:
        """Such as `momentum (fixed rate)`, unique."""
        told = [f"{key}={value}" for key, value in self.lab.items()]
        told += ["fixed rate"] if self.fixed_rate else []
        return f"{self.optimizer} ({', '.join(told)})" if told else self.optimizer


_E8 = {"epsilon": 1e-8}
CASES = {
    case.name: case
    for case in (
        Case("sgd", torch=("SGD", {}), keras=("SGD", {})),
        Case("momentum", torch=("SGD", {"momentum": 0.9}), keras=("SGD", {"momentum": 0.9})),
        Case("momentum", keras=("SGD", {"momentum": 0.9}), fixed_rate=True),
        Case(
            "nesterov",
            torch=("SGD", {"momentum": 0.9, "nesterov": True}),
            keras=("SGD", {"momentum": 0.9, "nesterov": True}),
        ),
        Case("nesterov", keras=("SGD", {"momentum": 0.9, "nesterov": True}), fixed_rate=True),
        Case(
            "adagrad",
            torch=("Adagrad", {"initial_accumulator_value": 0.1, "eps": 1e-7}),
            keras=("Adagrad", {}),
        ),
        Case("rmsprop", torch=("RMSprop", {"alpha": 0.9}), keras=("RMSprop", _E8)),
        Case(
            "rmsprop",
            {"eps_in_sqrt": False},
            torch=("RMSprop", {"alpha": 0.9}),
            keras=("RMSprop", _E8),
        ),
        Case(
            "rmsprop",
            {"eps_in_sqrt": False, "centered": True},
            torch=("RMSprop", {"alpha": 0.9, "centered": True}),
        ),
        Case("rmsprop", {"centered": True}, keras=("RMSprop", {"centered": True, **_E8})),
        Case(
            "rmsprop",
            {"eps_in_sqrt": False, "momentum": 0.9},
            torch=("RMSprop", {"alpha": 0.9, "momentum": 0.9}),
        ),
        Case(
            "rmsprop",
            {"eps_in_sqrt": False, "momentum": 0.9},
            torch=("RMSprop", {"alpha": 0.9, "momentum": 0.9}),
            fixed_rate=True,
        ),
        Case("rmsprop", {"momentum": 0.9}, keras=("RMSprop", {"momentum": 0.9, **_E8})),
        Case(
            "adadelta",
            torch=("Adadelta", {}),
            keras=("Adadelta", {"rho": 0.9, "epsilon": 1e-6}),
        ),
        Case("adam", torch=("Adam", {}), keras=("Adam", _E8)),
        Case(
            "adamw",
            {"weight_decay": 0.1},
            torch=("AdamW", {"weight_decay": 0.1}),
            keras=("AdamW", {"weight_decay": 0.1, **_E8}),
        ),
        Case("nadam", torch=("NAdam", {}), keras=("Nadam", _E8)),
        Case(
            "nadamw",
            {"weight_decay": 0.1},
            torch=("NAdam", {"weight_decay": 0.1, "decoupled_weight_decay": True}),
            keras=("Nadam", {"weight_decay": 0.1, **_E8}),
        ),
        Case("radam", torch=("RAdam", {})),
        Case("adamax", torch=("Adamax", {}), keras=("Adamax", _E8)),
        Case("adamaxw", {"weight_decay": 0.1}, keras=("Adamax", {"weight_decay": 0.1, **_E8})),
        Case(
            "amsgrad",
            torch=("Adam", {"amsgrad": True}),
            keras=("Adam", {"amsgrad": True, **_E8}),
        ),
        Case("rprop", torch=("Rprop", {})),
        Case("asgd", {"lambd": 0.01, "t0": 4.0}, torch=("ASGD", {"lambd": 0.01, "t0": 4.0})),
        Case(
            "asgd",
            {"lambd": 0.01, "t0": 4.0},
            torch=("ASGD", {"lambd": 0.01, "t0": 4.0}),
            fixed_rate=True,
        ),
        Case("lion", {"weight_decay": 0.1}, keras=("Lion", {"weight_decay": 0.1})),
        Case("lamb", keras=("Lamb", {"epsilon": 1e-6})),
        Case(
            "adafactor",
            {"min_dim_size_to_factor": 2},
            torch=("Adafactor", {}),
            keras=("Adafactor", {"relative_step": False}),
        ),
        Case(
            "muon",
            {"weight_decay": 0.1},
            torch=("Muon", {"weight_decay": 0.1}),
            keras=("Muon", {"weight_decay": 0.1, "epsilon": 1e-8}),
        ),
        Case("schedule_free_adamw", keras=("ScheduleFreeAdamW", {})),
    )
}

_HAT = "ε is added before the bias correction (“ε-hat”)"
_INSIDE = "the rate is inside the velocity, which keeps the old one for a while"
_NADAM = "β₁ follows a schedule of its own, β₁ (1 − 0.96^({}) / 2)"
# (library, case): why it is not the same to 1e-12. All but those marked * were confirmed by
# reproducing the recorded path in NumPy with the one change.
REASONS = {
    ("torch", "adagrad"): "ε is outside the root; here and in optax inside",
    ("torch", "rmsprop"): "ε is outside the root: set eps_in_sqrt=False",
    ("torch", "rmsprop (eps_in_sqrt=False, momentum=0.9)"): (
        "the rate is outside the velocity; here and in optax inside"
    ),
    ("torch", "nadam"): _NADAM.format("0.004 t"),
    ("torch", "nadamw (weight_decay=0.1)"): _NADAM.format("0.004 t"),
    ("torch", "radam"): _HAT,
    ("torch", "amsgrad"): "the maximum is of v, not of bias-corrected v̂",
    ("torch", "asgd (lambd=0.01, t0=4.0)"): "a new rate counts one update later",
    ("torch", "asgd (lambd=0.01, t0=4.0, fixed rate)"): "its η_t is kept in float32",
    ("torch", "muon (weight_decay=0.1)"): (
        "Newton–Schulz in bfloat16; no bias correction of the velocity that looks ahead"
    ),
    ("keras", "momentum"): _INSIDE,
    ("keras", "nesterov"): _INSIDE,
    ("keras", "rmsprop (eps_in_sqrt=False)"): "ε is inside the root: leave eps_in_sqrt=True",
    ("keras", "adam"): _HAT,
    ("keras", "adamw (weight_decay=0.1)"): _HAT,
    ("keras", "nadam"): _NADAM.format("t"),
    ("keras", "nadamw (weight_decay=0.1)"): _NADAM.format("t"),
    ("keras", "adamax"): "ε is added to u when dividing, not to |g|",
    ("keras", "adamaxw (weight_decay=0.1)"): "ε is added to u when dividing, not to |g|",
    ("keras", "amsgrad"): "the maximum is of v, not of v̂; " + _HAT,
    ("keras", "adafactor (min_dim_size_to_factor=2)"): "rounding: part of it is in float32 *",
    ("keras", "muon (weight_decay=0.1)"): (
        "steps are 0.2 √max(m, n) as long; no bias correction of the velocity"
    ),
    ("keras", "schedule_free_adamw"): (
        "on the torch backend the old iterate is overwritten before it is used"
    ),
}
OPTAX_REASONS = {
    "rprop": "every update is that of the step before, the first is zero (its PR 1725)",
    "adan": "the look-ahead is weighted by 1 − b2 in place of b2 (its PR 1715)",
    "acprop": "gradients are centered by the mean of the update before",
    "lbfgs": "pairs of negative curvature are kept (its #1708, #1749)",
}  # optax's function of this name, where the twin of the catalogue is a corrected one
