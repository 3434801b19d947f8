"""Runs an optimizer written for PyTorch on `problem.py`, in float64."""

import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from problem import SHAPES, T, gradients, start
from record_authors import Case

Weights = dict[str, Any]  # torch.Tensor by name


def module_at(path: Path) -> ModuleType:
    """The module in a file that is in no package."""
    spec = importlib.util.spec_from_file_location(f"authors_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@contextmanager
def doubles() -> Iterator[None]:
    """Numbers that authors make, or ask for in float32, are float64."""
    import torch

    narrow, default = torch.Tensor.float, torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    torch.Tensor.float = torch.Tensor.double
    try:
        yield
    finally:
        torch.Tensor.float = narrow
        torch.set_default_dtype(default)


def steps(
    make: Callable[[Weights, Case], Any],
    step: Callable[[Any, Weights, Weights, int], None] | None = None,
    only: tuple[str, ...] = tuple(SHAPES),
) -> Callable[[Case], dict[str, np.ndarray]]:
    """A `run` for `Author`.

    Args:
      make: `(weights, case) -> optimizer`; scalars are handed out as arrays of one entry.
      step: `(optimizer, weights, targets, t)`, which makes update t, counted from 0; by default
        the targets are the gradients and `optimizer.step()` is called.
      only: The arrays that take part.
    """

    def plain_step(optimizer, weights, targets, t):
        del t
        set_gradients(weights, targets)
        optimizer.step()

    def run(case: Case) -> dict[str, np.ndarray]:
        import torch

        with doubles():
            weights = {
                key: torch.nn.Parameter(torch.tensor(np.atleast_1d(x)))
                for key, x in start().items()
                if key in only
            }
            optimizer = make(weights, case)
            paths: dict[str, list[np.ndarray]] = {key: [] for key in weights}
            for t in range(T):
                for group in getattr(optimizer, "param_groups", ()):
                    group["lr"] = float(case.rates()[t])
                targets = {key: torch.tensor(np.atleast_1d(g[t])) for key, g in gradients().items()}
                (step or plain_step)(optimizer, weights, targets, t)
                for key, w in weights.items():
                    paths[key].append(w.detach().numpy().reshape(SHAPES[key]).copy())
        return {key: np.stack(path) for key, path in paths.items()}

    return run


def set_gradients(weights: Weights, gradients: Weights) -> None:
    """Hand copies to the optimizer, since some change what they are given."""
    for key, w in weights.items():
        w.grad = gradients[key].clone()
