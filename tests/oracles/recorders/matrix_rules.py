"""Rules for whole matrices: NorMuon, AdaMuon, Scion and SPlus.

PyTorch's matrices are (out, in), so those of the problem go in transposed and come back so. All
orthogonalize in bfloat16; here those casts are replaced, in the source text, by float64.
"""

import types
from pathlib import Path

import numpy as np
from problem import DECAY, SHAPES, gradients, start
from record_authors import Author, Case, checkout

MATRICES = ("row", "matrix")
REST = tuple(name for name in SHAPES if name not in MATRICES)
DECAYED = {name: SHAPES[name] != () and len(SHAPES[name]) > 1 for name in SHAPES}


def _module(path: Path, **replaced: str) -> types.ModuleType:
    """The file as a module, in float64."""
    text = path.read_text().replace(".bfloat16()", ".double()").replace("bfloat16", "float64")
    for old, new in replaced.items():
        text = text.replace(old, new)
    module = types.ModuleType(path.stem)
    exec(compile(text, str(path), "exec"), module.__dict__)
    return module


def _torch(x, name: str):
    """To the authors' axes: (out, in), and kernels (window, in, out) as (out, in, window)."""
    import torch

    return torch.tensor(np.transpose(x, _axes(name)))


def _axes(name: str) -> tuple[int, ...]:
    return {"row": (1, 0), "matrix": (1, 0), "kernel": (3, 2, 0, 1)}.get(
        name, tuple(range(len(SHAPES[name])))
    )


def _run(case: Case, optimizers_of) -> dict[str, np.ndarray]:
    """Step the optimizers of `optimizers_of(parameters)`, each group at the rate of the case."""
    import torch

    parameters = {name: torch.nn.Parameter(_torch(x, name)) for name, x in start().items()}
    optimizers = optimizers_of(parameters)
    paths: dict[str, list[np.ndarray]] = {name: [] for name in parameters}
    for t, rate in enumerate(case.rates()):
        for name, g in gradients().items():
            parameters[name].grad = _torch(g[t], name)
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = float(rate)
            optimizer.step()
        for name, p in parameters.items():
            paths[name].append(np.transpose(p.detach().numpy().copy(), np.argsort(_axes(name))))
    return {name: np.stack(path) for name, path in paths.items()}


def _normuon(case: Case) -> dict[str, np.ndarray]:
    authors = _module(checkout("zichongli5/NorMuon") / "normuon.py")

    def optimizers(parameters):
        options = dict(case.theirs)
        matched = options.pop("update_scale", None)
        groups = [
            {"params": [parameters[n] for n in MATRICES], "use_muon": True, **options},
            {
                "params": [parameters[n] for n in REST],
                "use_muon": False,
                "weight_decay": options.get("weight_decay", 0.0),
            },
        ]
        if matched is None:
            return [authors.SingleDeviceNorMuonWithAuxAdam(groups)]
        from pytorch_optimizer.optimizer.muon import normuon

        normuon.zero_power_via_newton_schulz_5 = lambda x, num_steps, weights: (
            authors.zeropower_via_newtonschulz5(x, num_steps)
        )
        return [normuon.NorMuon(groups, update_scale=matched, foreach=False)]

    return _run(case, optimizers)


def _adamuon(case: Case) -> dict[str, np.ndarray]:
    import torch

    path = checkout("Chongjie-Si/AdaMuon") / "gpt2" / "models" / "optimizers" / "adamuon.py"
    module = _module(path, cuda="cpu")

    def gathered(buffer, x, async_op):
        del async_op
        buffer.copy_(x.view_as(buffer))
        return types.SimpleNamespace(wait=lambda: None)

    module.dist = types.SimpleNamespace(all_gather_into_tensor=gathered)

    def optimizers(parameters):
        decay = case.theirs.get("weight_decay", 0.0)
        matrices = [parameters[n] for n in MATRICES]
        rest = [
            {"params": [parameters[n]], "weight_decay": decay if DECAYED[n] else 0.0} for n in REST
        ]
        return [
            module.AdaMuon(matrices, rank=0, world_size=1, **{"weight_decay": 0.0, **case.theirs}),
            torch.optim.AdamW(rest, betas=(0.9, 0.95)),
        ]

    return _run(case, optimizers)


def _scion(case: Case) -> dict[str, np.ndarray]:
    # compiled, it would sum in other orders
    module = _module(checkout("LIONS-EPFL/scion") / "scion.py", **{"@torch.compile": ""})
    options = dict(case.theirs)
    arrays = options.pop("arrays", tuple(SHAPES))
    scale = options.pop("scale", 1.0)

    def optimizers(parameters):
        # They square the window's first side, which is 2 in (2, 3): 4 / 6 makes it the product.
        groups = [
            {"params": [parameters[n]], "scale": scale * 4 / 6 if n == "kernel" else scale}
            for n in arrays
        ]
        return [module.Scion(groups, **options)]

    path = _run(case, optimizers)
    return {name: path[name] for name in arrays}


def _splus(case: Case) -> dict[str, np.ndarray]:
    import jax

    jax.config.update("jax_enable_x64", True)
    if not hasattr(jax, "tree_map"):
        jax.tree_map = jax.tree.map  # its old name
    module = _module(checkout("kvfrans/splus") / "optax" / "splus.py")
    rates = jax.numpy.asarray(case.rates())
    rule = module.splus(lambda t: rates[t], verbose=False, **case.theirs)
    params = {name: jax.numpy.asarray(x) for name, x in start().items()}
    state = rule.init(params)
    paths: dict[str, list[np.ndarray]] = {}
    for t in range(len(rates)):
        grads = {name: jax.numpy.asarray(g[t]) for name, g in gradients().items()}
        updates, state = rule.update(grads, state, params)
        params = jax.tree.map(lambda p, u: p + u, params, updates)
        seen = dict(params)
        seen |= {f"{n} (evaluated)": x for n, x in module.splus_get_eval_params(state[0]).items()}
        for name, x in seen.items():
            paths.setdefault(name, []).append(np.asarray(x))
    return {name: np.stack(path) for name, path in paths.items()}


def _scion_case(name: str, theirs: dict, lab: dict, **more) -> Case:
    return Case(name, {"momentum": 0.1, **theirs}, lab, **more)


def _one_norm(norm: str, theirs: str, **norm_kwargs) -> Case:
    return _scion_case(
        f"plain, {norm}",
        {"arrays": MATRICES, "norm": theirs, "norm_kwargs": norm_kwargs, "unconstrained": True},
        {"norm": norm, "constrained": False},
    )


def _splus_case(name: str, *, scheduled: bool = False, **options) -> Case:
    # One gradient leaves axes of the longer sides unseen, and those are whatever LAPACK makes of
    # rounding errors: only the side of 3 is turned.
    options = {"max_dim": 4, **options}
    return Case(name, options, options, scheduled)


AUTHORS = {
    "normuon": Author(
        "zichongli5/NorMuon normuon.py in float64; case algorithm 1: pytorch_optimizer's NorMuon",
        _normuon,
        (
            Case("plain"),
            Case("decayed", {"weight_decay": DECAY}, {"weight_decay": DECAY}, scheduled=True),
            Case("algorithm 1", {"update_scale": "match_rms"}, {"consistent_rms": 0.2}),
        ),
    ),
    "adamuon": Author(
        "Chongjie-Si/AdaMuon gpt2/models/optimizers/adamuon.py in float64",
        _adamuon,
        (
            Case("plain", lab={"weight_decay": 0.0}),
            Case(
                "decayed",
                {"weight_decay": DECAY, "nesterov": False},
                {"weight_decay": DECAY, "mask": DECAYED, "nesterov": False},
                scheduled=True,
            ),
        ),
    ),
    "scion": Author(
        "LIONS-EPFL/scion scion.py in float64",
        _scion,
        (
            _scion_case("plain", {"unconstrained": True}, {"constrained": False}),
            _scion_case("decayed", {"scale": 3.0}, {"scale": 3.0}, scheduled=True),
            _one_norm("spectral_max", "Spectral", max=True),
            _one_norm("sign", "Sign"),
            _one_norm("colnorm", "ColNorm"),
            _one_norm("rownorm", "RowNorm"),
        ),
    ),
    "splus": Author(
        "kvfrans/splus optax/splus.py",
        _splus,
        (
            _splus_case("plain", weight_decay=0.0),
            _splus_case(
                "decayed", weight_decay=DECAY, inverse_every=3, ema_rate=0.9, scheduled=True
            ),
        ),
    ),
}
