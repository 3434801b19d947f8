"""Parameters of chosen lanes as files: best and final, plain arrays that any program can read.

One NPZ per lane and moment, without pickle: `params/PATH` and `model_state/PATH` for each leaf, and
`about`, JSON text with the task, the lane's labels, the number of updates taken, its metrics then,
and type, shape and checksum of every leaf.
"""

import hashlib
import json
import re
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from lab.files import AnyPath, existing_file, read_arrays, write_atomically
from lab.sweeps.planning.jobs import Job, Lane
from lab.types import RUNNING, State
from lab.validation.checks import check_fields, checked
from lab.validation.errors import InputError, require
from lab.validation.kinds import Tree

LEAVES = "leaves"  # entry of a file's `about`


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
        self, job: Job, lanes: Sequence[Lane], state: State, metrics: dict, updates: int
    ) -> None:
        """Note the lanes of a group at an evaluation; called at each, the one before all too.

        What cannot be written is told in a warning, and training goes on.
        """
        chosen = [i for i, lane in enumerate(lanes) if self.lanes(lane.setting)]
        if not chosen:
            return
        point, rule = state.params, job.program.rule
        if rule.eval_params is not None:
            point = jax.vmap(rule.eval_params)(state.opt_state, state.params)
        found = jax.device_get((point, state.model_state, state.stopped_at, metrics))
        for i in chosen:
            params, model_state, stopped_at, values = jax.tree.map(lambda leaf, i=i: leaf[i], found)
            about = {
                "task": job.task.name,
                "lane": lanes[i].setting,
                "updates": updates if stopped_at == RUNNING else int(stopped_at),
                **{name: float(v) for name, v in values.items()},
            }
            model = Model(params, model_state, about)
            best = self._path(job, lanes[i], "best")
            with _going_on():
                if updates == 0 or _known(values["loss"]) < _loss_of(best):
                    save_model(model, best)
            if updates == job.evaluation_steps[-1]:
                with _going_on():
                    save_model(model, self._path(job, lanes[i], "final"))

    def kept(self, job: Job, lanes: Sequence[int]) -> dict[str, bytes]:
        """The files of the best models so far, by name, of these lanes, if they are chosen."""
        chosen = [job.lanes[i] for i in lanes if self.lanes(job.lanes[i].setting)]
        paths = [self._path(job, lane, "best") for lane in chosen]
        return {path.name: path.read_bytes() for path in paths if path.exists()}

    def put(self, files: Mapping[str, bytes]) -> None:
        """Write what another process has exported."""
        for name, content in files.items():
            with _going_on():
                write_atomically(Path(self.folder) / name, lambda p, c=content: p.write_bytes(c))

    def _path(self, job: Job, lane: Lane, moment: str) -> Path:
        """Another for every task, data, program, budget and setting."""
        labels = {
            "task": job.task.name, "data": job.task.source.sha256, "options": job.task.options,
            "job": job.label, "updates": job.evaluation_steps[-1], "setting": lane.setting,
        }  # fmt: skip
        named = "-".join(str(lane.setting[k]) for k in ("optimizer", "seed") if k in lane.setting)
        safe = re.sub(r"[^A-Za-z0-9_.-]", "_", named)[:60].lstrip(".")
        text = json.dumps(labels, sort_keys=True, default=str)
        digest = hashlib.sha256(text.encode()).hexdigest()[:10]
        return Path(self.folder) / f"{safe}-{digest}.{moment}.npz"


@contextmanager
def _going_on() -> Iterator[None]:
    """A model that cannot be written costs itself alone."""
    try:
        yield
    except InputError as error:
        warnings.warn(f"a model is not exported: {error} The sweep goes on.", stacklevel=2)


def _known(loss: Any) -> float:
    """A loss that is not a number is worse than any other."""
    return float("inf") if np.isnan(loss) else float(loss)


def _loss_of(path: Path) -> float:
    """Of a model; infinite where there is none that can be read."""
    try:
        return _known(load_model(path).about["loss"])
    except InputError:
        return float("inf")


@checked
def save_model(model: Model, path: AnyPath) -> Path:
    """Write a model to `path`; the file is whole or not there.

    Raises:
      InputError: If the folder cannot be written to.
    """
    named = {f"params/{name}": leaf for name, leaf in _named(model.params).items()}
    named |= {f"model_state/{name}": leaf for name, leaf in _named(model.model_state).items()}
    about = np.array(json.dumps(model.about | {LEAVES: _described(named)}, default=str))

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
        leaves = about.pop(LEAVES, None)  # of the first version: none
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        raise InputError(f"path {str(path)!r} is an NPZ file, but no model.") from error
    if leaves is not None:  # NPZ keeps of bfloat16 and its like only how wide they are
        arrays = {
            k: a.view(leaves[k][0]) if a.dtype.kind == "V" and k in leaves else a
            for k, a in arrays.items()
        }
    require(
        leaves is None or leaves == _described(arrays),
        f"path {str(path)!r} is damaged: its arrays are not those that were written.",
    )
    parts = {
        part: {k[len(part) + 1 :]: v for k, v in arrays.items() if k.startswith(f"{part}/")}
        for part in ("params", "model_state")
    }
    try:
        params, model_state = (_nested(parts[part]) for part in ("params", "model_state"))
    except TypeError:
        raise InputError(
            f"path {str(path)!r} is no model: an array is also the folder of others."
        ) from None
    if like is not None:
        names = list(_named(like))
        require(
            sorted(names) == sorted(parts["params"]),
            f"{path} holds parameters {sorted(parts['params'])}, and not those of `like`.",
        )
        params = jax.tree.unflatten(jax.tree.structure(like), [parts["params"][n] for n in names])
    return Model(params, model_state, about)


def _described(arrays: Mapping[str, np.ndarray]) -> dict[str, list[Any]]:
    """Type, shape and checksum of each."""
    return {
        name: [str(array.dtype), list(array.shape), zlib.crc32(array.tobytes())]
        for name, array in arrays.items()
    }


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
            if not isinstance(at, dict):
                raise TypeError(f"{key} is an array")
        if last in at:
            raise TypeError(f"{last} is a folder")
        at[last] = leaf
    return tree
