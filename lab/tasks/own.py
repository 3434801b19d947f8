"""A task of one's own: pure `init` and `loss` on plain arrays, whatever made the parameters."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jax
import numpy as np
from jax.typing import ArrayLike

from lab.tasks import modules
from lab.tasks.task import Problem, Task, adapt
from lab.validation.checks import checked
from lab.validation.errors import InputError, require
from lab.validation.kinds import Share


@checked
def own(
    init: Callable[..., Any],
    loss: Callable[..., Any],
    data: Mapping[str, ArrayLike] | None = None,
    *,
    metrics: Callable[..., dict[str, jax.Array]] | None = None,
    predict: Callable[..., jax.Array] | None = None,
    validation: Share = 0.2,
    hypers: Mapping[str, float] | None = None,
    higher_is_better: Sequence[str] = ("accuracy",),
    name: str = "own",
) -> Task:
    """Make a task of pure functions and arrays.

    Args:
      init: `(key)` or `(key, hypers) -> params`: any pytree; its arrays are trained. Beside
        functions, flags or integers, as in modules of Equinox, Python's numbers are settings.
      loss: `(params, batch)`, or any of `params, model_state, batch, key, hypers` by name, giving
        a scalar, or `(scalar, (model_state, info))`.
      data: Arrays of equal length; a batch has the same keys. None for an objective without data.
      metrics: `(params, batch)`, or by name, `-> {name: [B]}` in inference mode, one value per
        example. By default the loss of each example alone (with a fixed key).
      predict: `(params, batch) -> [B, ...]`, for reports.
      validation: Share of the rows held out for validation, drawn from the split seed.
      hypers: Numbers that the functions read, with defaults; each may be an axis.
      higher_is_better: Metrics that are maximized.
      name: For tables.

    Raises:
      InputError: If arrays differ in length, are empty or not finite, or a function's arguments
        cannot be matched.

    >>> import jax.numpy as jnp, lab
    >>> x = jnp.linspace(-1, 1, 50)
    >>> line = lab.tasks.own(
    ...     init=lambda key: {"w": jnp.zeros(())},
    ...     loss=lambda params, batch: jnp.mean((params["w"] * batch["x"] - batch["y"]) ** 2),
    ...     data={"x": x, "y": 3 * x},
    ... )
    >>> line.name
    'own'
    """
    rows = {"index": np.zeros(1, np.int32)} if data is None else _rows_of(data)
    require(validation < 1, f"validation must be a share in [0, 1), given {validation}.")
    start = adapt(init, "init", ("key",))

    def called(function: Any, what: str) -> Callable[..., Any]:
        return OwnCall(adapt(function, what, ("params", "batch")), start)

    own_loss = OwnLoss(called(loss, "loss"))
    problem = Problem(
        init=OwnInit(start),
        loss=own_loss,
        metrics=OwnMetrics(called(metrics, "metrics")) if metrics else LossPerExample(own_loss),
        predict=OwnMetrics(called(predict, "predict")) if predict else NoPredict(name),
    )
    return Task(
        name=name,
        problem=problem,
        source=ArraySource(name, rows, 0.0 if data is None else validation),
        hypers=dict(hypers or {}),
        higher_is_better=frozenset(higher_is_better),
    )


@dataclass(frozen=True)
class ArraySplits:
    """Rows as they were given, with a random part held out."""

    rows: Mapping[str, np.ndarray]
    train: np.ndarray
    validation: np.ndarray


@dataclass(frozen=True, eq=False)
class ArraySource:
    """Arrays that are taken as they are: no scaling, and no test rows."""

    name: str
    rows: Mapping[str, np.ndarray]
    validation: float

    @property
    def sha256(self) -> str:
        """A hash of names, shapes, dtypes and contents."""
        digest = hashlib.sha256()
        for key, array in sorted(self.rows.items()):
            digest.update(f"{key}{array.shape}{array.dtype}".encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    @lru_cache(maxsize=64)  # noqa: B019 - sources live as long as their task
    def prepare(self, split_seed: int) -> ArraySplits:
        """A permutation drawn from `split_seed`; without held-out rows, training rows validate."""
        n = len(next(iter(self.rows.values())))
        order = np.random.Generator(np.random.Philox(split_seed)).permutation(n).astype(np.int32)
        held = round(self.validation * n)
        if held == 0:
            return ArraySplits(self.rows, np.sort(order), np.sort(order))
        return ArraySplits(self.rows, np.sort(order[held:]), np.sort(order[:held]))


def _rows_of(data: Mapping[str, Any]) -> dict[str, np.ndarray]:
    require(len(data) > 0, "data must have at least one array, given none.")
    rows = {str(key): np.asarray(value) for key, value in data.items()}
    lengths = {key: array.shape[0] if array.ndim else None for key, array in rows.items()}
    require(
        len(set(lengths.values())) == 1 and None not in lengths.values(),
        f"the arrays of data must have one length, given {lengths}.",
    )
    require(next(iter(lengths.values())) != 0, "the arrays of data must have rows, given none.")
    for key, array in rows.items():
        require(array.dtype.kind in "biufc", f"data[{key!r}] must hold numbers, not {array.dtype}.")
        require(bool(np.isfinite(array).all()), f"data[{key!r}] holds values that are not finite.")
    return rows


@dataclass(frozen=True)
class OwnInit:
    """`init`, called by what it takes."""

    function: Callable[..., Any]

    def __call__(self, key, hypers):
        """Parameters as arrays: a Python number would have no dtype of its own."""
        return modules.arrays(self.function, key, hypers)


@dataclass(frozen=True)
class OwnCall:
    """A function, called by what it takes, with parameters as `init` makes them."""

    function: Callable[..., Any]
    init: Callable[..., Any]

    def __call__(self, params, model_state, batch, key, hypers):
        """What it gives."""
        params, model_state = modules.whole(self.init, params, model_state, hypers)
        return self.function(
            params=params, model_state=model_state, batch=batch, key=key, hypers=hypers
        )


@dataclass(frozen=True)
class OwnLoss:
    """`loss`, called by what it takes, in the full form."""

    function: Callable[..., Any]

    def __call__(self, params, model_state, batch, key, hypers):
        """The scalar with the model's state and info, empty where the loss gives none."""
        out = self.function(params, model_state, batch, key, hypers)
        if not isinstance(out, tuple):
            return out, (model_state, {})
        value, (model_state, info) = out
        return value, (modules.arrays_of_state(model_state), info)


@dataclass(frozen=True)
class OwnMetrics:
    """`metrics` or `predict`, called by what it takes."""

    function: Callable[..., Any]

    def __call__(self, params, model_state, batch, hypers):
        """Values per example."""
        return self.function(params, model_state, batch, None, hypers)


@dataclass(frozen=True)
class LossPerExample:
    """The metric of a task that names none: its loss on each example alone."""

    loss: OwnLoss

    def __call__(self, params, model_state, batch, hypers):
        """`{"loss": [B]}`."""
        key = jax.random.key(0)

        def one(row):
            alone = jax.tree.map(lambda leaf: leaf[None], row)
            return self.loss(params, model_state, alone, key, hypers)[0]

        return {"loss": jax.vmap(one)(batch)}


@dataclass(frozen=True)
class NoPredict:
    """Stands where a task gave no `predict`."""

    name: str

    def __call__(self, params, model_state, batch, hypers) -> jax.Array:
        """Refuse."""
        raise InputError(
            f"task {self.name!r} has no predict function: give predict= to lab.tasks.own."
        )
