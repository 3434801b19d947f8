"""Kron, MARS-AdamW, Adam-mini and GaLore, by their authors."""

import importlib.util
import math
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import distribution, version
from pathlib import Path
from types import ModuleType, SimpleNamespace
from unittest import mock

import numpy as np
import torch
from problem import DECAY, T, gradients, start
from record_authors import Arrays, Author, Case, checkout

KRON = "evanatyourservice/psgd_jax"
MARS = "AGI-Arena/MARS"


def load(path: Path, name: str) -> ModuleType:
    """A single file as a module; the packages around these ask for much that they do not use."""
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def stub(name: str, **members) -> None:
    """A module in the place of one that is imported for nothing but a type or a version."""
    sys.modules[name] = ModuleType(name)
    vars(sys.modules[name]).update(members)


def steps(
    params: dict[str, torch.Tensor],
    rule,
    case: Case,
    given: Arrays | None = None,
    before: Callable = lambda t, rate: None,
) -> Iterator[dict[str, np.ndarray]]:
    """The parameters after every update by a torch optimizer; `before(t, rate)` comes first."""
    given = gradients() if given is None else given
    for t, rate in enumerate(case.rates()):
        for group in rule.param_groups:
            group["lr"] = float(rate)
        before(t, float(rate))
        for name, p in params.items():  # a new array at each: rules may keep the last one
            p.grad = torch.tensor(given[name][t])
        rule.step()
        yield {name: p.detach().numpy().copy() for name, p in params.items()}


def stacked(points: Iterator[dict[str, np.ndarray]]) -> Arrays:
    points = list(points)
    return {name: np.stack([p[name] for p in points]) for name in points[0]}


def torch_start() -> dict[str, torch.Tensor]:
    return {name: torch.tensor(x, requires_grad=True) for name, x in start().items()}


def mars_adamw(case: Case) -> Arrays:
    path = checkout(MARS) / "MARS/optimizers/mars.py"
    params = torch_start()
    rule = load(path, "mars").MARS(params.values(), lr=case.rate, optimize_1d=True, **case.theirs)
    return stacked(steps(params, rule, case))


def adam_mini(case: Case) -> Arrays:
    """By names: biases, neurons of perceptrons (rows, so matrices are turned), and other arrays."""
    from adam_mini import Adam_mini

    matrices = ("row", "matrix")
    names = {"scalar": "scalar.bias", "one": "one.bias", "kernel": "kernel"}
    names |= {name: f"mlp.{name}.weight" for name in matrices}

    def turned(name, x):
        return x.T.copy() if name in matrices else x

    params = {
        name: torch.tensor(turned(name, x), requires_grad=True) for name, x in start().items()
    }
    rule = Adam_mini(
        [(names[name], p) for name, p in params.items()], lr=case.rate, verbose=False, **case.theirs
    )
    given = {name: np.stack([turned(name, g) for g in gs]) for name, gs in gradients().items()}
    points = steps(params, rule, case, given)
    return stacked({name: turned(name, x) for name, x in point.items()} for point in points)


def galore(case: Case) -> Arrays:
    """All in float64, ε outside the debiased root, and decayed by the weights before the step.

    Their code turns gradients to float32 before the decomposition, adds ε to the root that is
    not debiased (so it is given what amounts to a constant ε), and decays after the step.
    """

    def no_version(text):
        del text

    folder = Path(distribution("galore-torch").locate_file("galore_torch"))
    stub("transformers")
    stub("transformers.utils")
    stub("transformers.utils.versions", require_version=no_version)
    package = ModuleType("galore_torch")
    package.__path__ = [str(folder)]
    sys.modules["galore_torch"] = package
    projector = load(folder / "galore_projector.py", "galore_torch.galore_projector")
    projector.torch = SimpleNamespace(
        float=torch.float64, matmul=torch.matmul, linalg=torch.linalg, diag=torch.diag
    )
    rule_of = load(folder / "adamw.py", "galore_torch.adamw").AdamW

    params, theirs = torch_start(), dict(case.theirs)
    decay = theirs.pop("weight_decay", 0.0)
    low = {"params": [p for p in params.values() if p.dim() == 2], "proj_type": "std", **theirs}
    rest = {"params": [p for p in params.values() if p.dim() != 2]}
    rule = rule_of([low, rest], lr=case.rate, eps=1e-8, no_deprecation_warning=True)

    def before(t, rate):
        for group in rule.param_groups:
            group["eps"] = 1e-8 * math.sqrt(1 - group["betas"][1] ** (t + 1))
            for p in group["params"]:
                p.data.mul_(1 - rate * decay)

    return stacked(steps(params, rule, case, before=before))


def kron(case: Case) -> Arrays:
    """With the probes of the lab: the next key is split off, and the rest split over the arrays."""
    import jax
    import jax.numpy as jnp
    import optax

    jax.config.update("jax_enable_x64", True)
    stub("chex", Array=jax.Array)
    stub("optax._src.clipping")  # unused there, and gone from the present optax
    stub("flax.linen", Partitioned=type("Partitioned", (), {}))
    stub("flax", linen=sys.modules["flax.linen"])
    module = load(checkout(KRON) / "psgd_jax/kron.py", "psgd_kron")

    rates = jnp.asarray(case.rates())
    rule = module.kron(lambda t: rates[t], **case.theirs)
    params = {name: jnp.asarray(x) for name, x in start().items()}
    leaves = jax.tree.leaves(params)
    state, following, path = rule.init(params), jax.random.key(0), []

    @jax.jit
    def step(probes, gradient, state, params):
        with mock.patch("jax.random.normal", side_effect=probes):
            updates, state = rule.update(gradient, state, params)
        return optax.apply_updates(params, updates), state

    for t in range(T):
        following, now = jax.random.split(following)
        keys = jax.random.split(now, len(leaves))
        probes = [jax.random.normal(k, p.shape, p.dtype) for k, p in zip(keys, leaves, strict=True)]
        gradient = {name: jnp.asarray(g[t]) for name, g in gradients().items()}
        params, state = step(probes, gradient, state, params)
        path.append({name: np.asarray(p) for name, p in params.items()})
    return stacked(iter(path))


MATRICES = {"scalar": False, "one": False, "row": True, "matrix": True, "kernel": True}
LOW = {"rank": 2, "update_proj_gap": 5}

AUTHORS = {
    "kron": Author(
        f"{KRON}, psgd_jax/kron.py, its probes replaced by the lab's",
        kron,
        (
            Case("plain"),
            Case("decayed", {"weight_decay": DECAY}, {"weight_decay": DECAY}, scheduled=True),
            Case(
                "seldom",
                {"preconditioner_update_probability": 0.4, "max_size_triangular": 4, "b1": 0.5},
                {"preconditioner_update_probability": 0.4, "max_size_triangular": 4, "b1": 0.5},
            ),
        ),
    ),
    "mars_adamw": Author(
        f"{MARS}, MARS/optimizers/mars.py, is_approx and optimize_1d",
        mars_adamw,
        (
            Case("plain"),
            Case("decayed", {"weight_decay": DECAY}, {"weight_decay": DECAY}, scheduled=True),
            Case(
                "other numbers",
                {"betas": (0.9, 0.999), "gamma": 0.1, "eps": 1e-4},
                {"b1": 0.9, "b2": 0.999, "gamma": 0.1, "eps": 1e-4},
            ),
        ),
    ),
    "adam_mini": Author(
        lambda: f"adam-mini {version('adam-mini')}",
        adam_mini,
        (
            Case("plain"),
            Case(
                "decayed",
                {"weight_decay": DECAY},
                {"weight_decay": DECAY, "mask": MATRICES},
                scheduled=True,
            ),
        ),
    ),
    "galore": Author(
        lambda: f"galore-torch {version('galore-torch')}, in float64, decayed before the step",
        galore,
        (
            Case("plain", {**LOW, "scale": 0.25}, {**LOW, "scale": 0.25}),
            Case(
                "decayed",
                {**LOW, "scale": 1.0, "weight_decay": DECAY},
                {**LOW, "scale": 1.0, "weight_decay": DECAY},
                scheduled=True,
            ),
        ),
    ),
}
