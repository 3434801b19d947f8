"""The same training in Keras and in PyTorch, as their guides show it.

Both are optional. All take the batches as they come, shuffled beforehand: to their advantage.
"""

# pyright: reportMissingImports=false
import copy
import importlib.util
import os
from collections.abc import Callable

from studies.speed.cases import LANES, RATE, Case, batches

UPDATES = 1000  # at most: what trains one network at a time needs no more to tell its rate
PACKAGES = {
    "Keras fit": "keras",
    "PyTorch eager": "torch",
    "torch.compile": "torch",
    "torch.func.vmap": "torch",
}


def installed(way: str) -> bool:
    """Whether the package that a way needs can be imported."""
    return way not in PACKAGES or importlib.util.find_spec(PACKAGES[way]) is not None


def keras_fit(case: Case) -> Callable[[], int]:
    """One network: a call of `fit` for one epoch that holds all batches."""
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import keras

    updates = min(case.updates, UPDATES)
    rows = {k: v.reshape(-1, *v.shape[2:]) for k, v in batches(case, updates).items()}
    hidden = [keras.layers.Dense(case.width, "relu") for _ in range(2)]
    model = keras.Sequential([keras.Input((case.inputs,)), *hidden, keras.layers.Dense(10)])
    model.compile(
        keras.optimizers.Adam(RATE), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )

    def run() -> int:
        model.fit(rows["x"], rows["y"], batch_size=case.batch, shuffle=False, verbose=0)
        return updates

    return run


def torch_loop(case: Case, compiled: bool = False) -> Callable[[], int]:
    """One network: a Python loop, of a compiled network and a compiled step where it is told."""
    import torch

    net = _torch_net(case)
    opt = torch.optim.Adam(net.parameters(), RATE)
    model, step = (torch.compile(x) if compiled else x for x in (net, opt.step))
    x, y = _torch_rows(case)

    def run() -> int:
        for t in range(len(x)):
            opt.zero_grad()
            torch.nn.functional.cross_entropy(model(x[t]), y[t]).backward()
            step()
        return len(x)

    return run


def torch_vmap(case: Case) -> Callable[[], int]:
    """All networks: their stacked parameters in a mapped gradient, one optimizer for all."""
    import torch

    nets = [_torch_net(case) for _ in range(LANES)]
    params, _ = torch.func.stack_module_state(nets)
    net = copy.deepcopy(nets[0]).to("meta")

    def loss(params, x, y):
        return torch.nn.functional.cross_entropy(torch.func.functional_call(net, params, (x,)), y)

    gradient = torch.func.vmap(torch.func.grad(loss), in_dims=(0, None, None))
    opt = torch.optim.Adam(params.values(), RATE)
    x, y = _torch_rows(case)

    def run() -> int:
        for t in range(len(x)):
            found = gradient(params, x[t], y[t])
            for name, values in params.items():
                values.grad = found[name]
            opt.step()
        return len(x) * LANES

    return run


def _torch_net(case: Case):
    from torch import nn

    return nn.Sequential(
        nn.Linear(case.inputs, case.width),
        nn.ReLU(),
        nn.Linear(case.width, case.width),
        nn.ReLU(),
        nn.Linear(case.width, 10),
    )


def _torch_rows(case: Case):
    import torch

    rows = batches(case, min(case.updates, UPDATES))
    return torch.tensor(rows["x"]), torch.tensor(rows["y"], dtype=torch.long)
