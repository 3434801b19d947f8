"""Parameters of chosen lanes as files: best and final, plain arrays that any program can read.

One NPZ per lane and moment, without pickle: `params/PATH` and `model_state/PATH` for each leaf, and
`about`, JSON text with the lane's labels, the number of updates taken and its metrics then.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from lab.files import AnyPath, existing_file, read_arrays, write_atomically
from lab.types import RUNNING, Program, State
from lab.validation.checks import check_fields, checked
from lab.validation.errors import InputError, require
from lab.validation.kinds import Tree


class Model(NamedTuple):
    """Parameters of one lane, nested as they were; `about` says which lane, and when."""

    params: Tree
    model_state: Tree  # what a Flax model keeps beside parameters: `{"batch_stats": ...}`, or {}
    about: dict[str, Any]


def every_lane(_: Mapping[str, Any]) -> bool:
    """Whether a lane is chosen: yes."""
    return True


@dataclass(frozen=True)
class Export:
    """Which lanes of a sweep leave their parameters, and where.

    Attributes:
      folder: Gets `LANE.best.npz`, at the evaluation of least validation loss, the first of equal
        ones, and `LANE.final.npz`, after the last update: the point at which the rule evaluates.
      lanes: From a lane's labels, such as `{"optimizer": "adam", "seed": 0, ...}`, to whether it
        is chosen.
    """

    folder: AnyPath
    lanes: Callable[[Mapping[str, Any]], bool] = every_lane

    def __post_init__(self):
        check_fields(self)

    def observe(
        self, program: Program, lanes: list, state: State, metrics: dict, updates: int, last: bool
    ) -> None:
        """Note the lanes of a group at an evaluation; called at each, the one before all too."""
        chosen = [i for i, lane in enumerate(lanes) if self.lanes(lane.setting)]
        if not chosen:
            return
        point = state.params
        if program.rule.eval_params is not None:
            point = jax.vmap(program.rule.eval_params)(state.opt_state, state.params)
        found = jax.device_get((point, state.model_state, state.stopped_at, metrics))
        for i in chosen:
            params, model_state, stopped_at, values = jax.tree.map(lambda leaf, i=i: leaf[i], found)
            about = {
                "lane": lanes[i].setting, "updates": updates if stopped_at == RUNNING else
                int(stopped_at), **{name: float(v) for name, v in values.items()},
            }  # fmt: skip
            model = Model(params, model_state, about)
            best = self._path(lanes[i].setting, "best")
            if updates == 0 or values["loss"] < load_model(best).about["loss"]:
                save_model(model, best)
            if last:
                save_model(model, self._path(lanes[i].setting, "final"))

    def kept(self, settings: Sequence[Mapping[str, Any]]) -> dict[str, bytes]:
        """The files of the best models so far, by name, of the lanes of these that are chosen."""
        paths = [self._path(setting, "best") for setting in settings if self.lanes(setting)]
        return {path.name: path.read_bytes() for path in paths if path.exists()}

    def _path(self, setting: Mapping[str, Any], moment: str) -> Path:
        labels = json.dumps(dict(setting), sort_keys=True, default=str)
        named = "-".join(str(setting[k]) for k in ("optimizer", "seed") if k in setting)
        safe = re.sub(r"[^A-Za-z0-9_.-]", "_", named)[:60].lstrip(".")
        digest = hashlib.sha256(labels.encode()).hexdigest()[:10]
        return Path(self.folder) / f"{safe}-{digest}.{moment}.npz"


@checked
def save_model(model: Model, path: AnyPath) -> Path:
    """Write a model to `path`; the file is whole or not there.

    Raises:
      InputError: If the folder cannot be written to.
    """
    named = {f"params/{name}": leaf for name, leaf in _named(model.params).items()}
    named |= {f"model_state/{name}": leaf for name, leaf in _named(model.model_state).items()}
    about = np.array(json.dumps(model.about, default=str))

    def write(temporary: Path) -> None:
        with temporary.open("wb") as file:
            np.savez(file, allow_pickle=False, about=about, **named)

    return write_atomically(Path(path), write)


@checked
def load_model(path: AnyPath, like: Tree = None) -> Model:
    """Read a model that a sweep exported or `save_model` wrote.

    For a Flax model: `module.apply({"params": model.params, **model.model_state}, x)`.

    Args:
      path: The NPZ file; nothing in it is ever executed.
      like: Parameters of the same structure, where that is not nested dicts.

    Raises:
      InputError: If the file is absent or is no model, or has other leaves than `like`.
    """
    path = existing_file(path, "model")
    arrays = read_arrays(path)
    try:
        about = json.loads(str(arrays.pop("about")))
    except (ValueError, KeyError, RecursionError) as error:
        raise InputError(f"path {str(path)!r} is an NPZ file, but no model.") from error
    parts = {
        part: {k[len(part) + 1 :]: v for k, v in arrays.items() if k.startswith(f"{part}/")}
        for part in ("params", "model_state")
    }
    params = _nested(parts["params"])
    if like is not None:
        names = list(_named(like))
        require(
            sorted(names) == sorted(parts["params"]),
            f"{path} holds parameters {sorted(parts['params'])}, and not those of `like`.",
        )
        params = jax.tree.unflatten(jax.tree.structure(like), [parts["params"][n] for n in names])
    return Model(params, _nested(parts["model_state"]), about)


def _named(tree: Any) -> dict[str, Any]:
    """Leaves by their paths."""
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    return {
        jax.tree_util.keystr(path, simple=True, separator="/"): np.asarray(leaf)
        for path, leaf in leaves
    }


def _nested(named: dict[str, np.ndarray]) -> Any:
    if list(named) == [""]:
        return named[""]
    tree: dict[str, Any] = {}
    for name, leaf in named.items():
        *above, last = name.split("/")
        at = tree
        for key in above:
            at = at.setdefault(key, {})
        at[last] = leaf
    return tree
