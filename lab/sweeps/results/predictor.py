"""A trained network that takes rows in their original units, and answers in those of the target.

One NPZ file, as `lab.save_model` writes it, from which nothing is ever executed: parameters, and
as JSON the network's shape and how rows are encoded. No data, task or sweep is needed to use it.
"""

from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

import jax
import numpy as np

from lab.data import Source
from lab.data.encoding import Encoding, described_encoding, encoding
from lab.files import AnyPath
from lab.models import MLP, PaddedMLP
from lab.sweeps.devices.precision import full_precision
from lab.sweeps.results.exports import Model, load_model, save_model
from lab.tasks.supervised import Predict, predictions
from lab.tasks.task import Task
from lab.validation.checks import check_fields, checked
from lab.validation.errors import InputError, UnknownNameError, require

NETWORKS = {network.__name__: network for network in (MLP, PaddedMLP)}


@dataclass(frozen=True, eq=False)
class Predictor:
    """A network with its parameters, and the way from rows to predictions.

    Attributes:
      model: Parameters; `about` says which run they are of, and how good.
      network: A Linen module out of `NETWORKS`.
      numbers: That the network reads, such as how many layers there are.
      encoding: Of rows and targets.
    """

    model: Model
    network: Any
    numbers: dict[str, float]
    encoding: Encoding

    def __post_init__(self):
        check_fields(self)
        name = type(self.network).__name__
        if name not in NETWORKS:
            raise UnknownNameError("network", name, NETWORKS)

    def predict(self, rows: Any) -> np.ndarray:
        """What is predicted of each row: names of classes [N], or float64 [N] in target units.

        Args:
          rows: A data frame or the path of a CSV file with the columns that were trained on (others
            are not looked at), or an array [N, columns].

        Raises:
          InputError: If a column is not there, or holds what it must not.
        """
        if self.encoding.class_names:
            return np.array(self.encoding.class_names)[self._outputs(rows).argmax(axis=1)]
        scale, offset = self.encoding.target_scale, self.encoding.target_offset
        return self._outputs(rows).astype(np.float64) * scale + offset

    def probabilities(self, rows: Any) -> np.ndarray:
        """float32 [N, K], in the order of `encoding.class_names`.

        Raises:
          InputError: If a number is predicted and no class, or as of `predict`.
        """
        require(bool(self.encoding.class_names), "a number is predicted here, not a class.")
        return self._outputs(rows)

    def save(self, path: AnyPath) -> Path:
        """Write everything to one NPZ file; it is whole or not there.

        Raises:
          InputError: If the folder cannot be written to.
        """
        spec = {
            "network": type(self.network).__name__,
            "options": _options(self.network),
            "numbers": self.numbers,
            "encoding": self.encoding.described(),
        }
        return save_model(self.model._replace(about=self.model.about | {"predictor": spec}), path)

    @full_precision()
    def _outputs(self, rows: Any) -> np.ndarray:
        said = predictions(self.network, bool(self.encoding.class_names))
        batch = {"x": self.encoding.rows(rows)}
        params, model_state, _ = self.model
        return np.asarray(_outputs(said, params, model_state, batch, self.numbers))


def predictor(task: Task, model: Model, numbers: dict[str, float], split: int) -> Predictor:
    """The predictor of a trained lane, with its numbers and its split of the task's rows.

    Raises:
      InputError: If the task is not one of `lab.tasks.supervised` or `architectures`.
    """
    said = task.problem.predict
    if not (isinstance(said, Predict) and isinstance(task.source, Source)):
        raise InputError(f"task {task.name!r} is none of a table and an MLP: it has no predictor.")
    numbers = {name: float(value) for name, value in numbers.items()}
    return Predictor(model, said.model, numbers, encoding(task.source, split))


@checked
def load_predictor(path: AnyPath) -> Predictor:
    """Read what `Predictor.save` wrote.

    Raises:
      InputError: If the file is absent or holds no predictor.
    """
    model = load_model(path)
    about = dict(model.about)
    try:
        spec = about.pop("predictor")
        network = NETWORKS[spec["network"]](**{k: _plain(v) for k, v in spec["options"].items()})
        found = described_encoding(spec["encoding"])
    except (KeyError, TypeError) as error:
        raise InputError(f"{path} holds no predictor, but at most parameters.") from error
    return Predictor(model._replace(about=about), network, spec["numbers"], found)


@partial(jax.jit, static_argnums=0)
def _outputs(said: Predict, params: Any, model_state: Any, batch: Any, numbers: Any) -> jax.Array:
    return said(params, model_state, batch, numbers)


def _options(network: Any) -> dict[str, Any]:
    return {
        field.name: getattr(network, field.name)
        for field in fields(network)
        if field.name not in ("parent", "name")  # Linen's own
    }


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
