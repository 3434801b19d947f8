"""A functional laboratory for the optimization of neural networks of MLP size.

Names resolve lazily, so that `import lab.optimizers` stays light: it loads JAX and optax only.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab import (
        data,
        losses,
        models,
        optimizers,
        plots,
        probes,
        protocol,
        regularizers,
        schedules,
        search,
        statistics,
        tasks,
    )
    from lab.budget import Budget
    from lab.records import load, save
    from lab.sweeps.devices.places import use_all_cores
    from lab.sweeps.early_stopping.rule import EarlyStopping
    from lab.sweeps.execution.process_pool import ProcessPool
    from lab.sweeps.results.exports import Export, load_model, save_model
    from lab.sweeps.results.predictor import Predictor, load_predictor
    from lab.sweeps.sweep import Sweep, sweep
    from lab.sweeps.verify import verify
    from lab.tasks.task import Task
    from lab.training import make_train
    from lab.types import Probe
    from lab.validation.errors import InputError

_HOME = {
    "Budget": "lab.budget",
    "EarlyStopping": "lab.sweeps.early_stopping.rule",
    "Export": "lab.sweeps.results.exports",
    "InputError": "lab.validation.errors",
    "Probe": "lab.types",
    "ProcessPool": "lab.sweeps.execution.process_pool",
    "Predictor": "lab.sweeps.results.predictor",
    "Task": "lab.tasks.task",
    "load": "lab.records",
    "load_model": "lab.sweeps.results.exports",
    "load_predictor": "lab.sweeps.results.predictor",
    "make_train": "lab.training",
    "save": "lab.records",
    "save_model": "lab.sweeps.results.exports",
    "Sweep": "lab.sweeps.sweep",
    "sweep": "lab.sweeps.sweep",
    "use_all_cores": "lab.sweeps.devices.places",
    "verify": "lab.sweeps.verify",
}
_ROOMS = (
    "data", "losses", "models", "optimizers", "plots", "probes",
    "protocol", "regularizers", "schedules", "search", "statistics", "tasks",
)  # fmt: skip

__all__ = [
    "Budget", "EarlyStopping", "Export", "InputError", "Predictor", "Probe", "ProcessPool", "Sweep",
    "Task", "data",
    "load", "load_model", "load_predictor", "losses", "make_train", "models", "optimizers", "plots",
    "probes", "protocol", "regularizers", "save", "save_model", "schedules", "search", "statistics",
    "sweep", "tasks", "use_all_cores", "verify",
]  # fmt: skip


def __getattr__(name: str):
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    if name in _ROOMS:
        return importlib.import_module(f"lab.{name}")
    raise AttributeError(f"module 'lab' has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
