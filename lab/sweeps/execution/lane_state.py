"""What lanes that run consist of, on the host: enough to go on with them, bit for bit."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

Call = tuple[int, int, dict]  # first update, how many, their Info


class Live(NamedTuple):
    """Lanes between two calls, equally far; L of them."""

    done: int  # chunks of the run
    state: list[np.ndarray]  # leaves [L, ...]
    evaluations: list[dict[str, np.ndarray]]  # [L] each
    count: int  # updates taken
    infos: list[np.ndarray]  # leaves of their Info [L, updates or probe times, ...]
    beside: Sequence[np.ndarray] = ()  # leaves [L, ...] of what is kept beside the state


def stacked(lives: Sequence[Live]) -> Live:
    """Lanes that are equally far, one after the other."""
    first = lives[0]

    def over(*leaves: Any) -> np.ndarray:
        return np.concatenate(leaves)

    return Live(
        done=first.done,
        state=[over(*leaves) for leaves in zip(*(live.state for live in lives))],
        evaluations=[
            {name: over(*(row[name] for row in at)) for name in at[0]}
            for at in zip(*(live.evaluations for live in lives))
        ],
        count=first.count,
        infos=[over(*leaves) for leaves in zip(*(live.infos for live in lives))],
        beside=[over(*leaves) for leaves in zip(*(live.beside for live in lives))],
    )


def taken(live: Live, lanes: slice | Sequence[int]) -> Live:
    """Some of the lanes, by their places."""
    return Live(
        done=live.done,
        state=[leaf[lanes] for leaf in live.state],
        evaluations=[{k: v[lanes] for k, v in row.items()} for row in live.evaluations],
        count=live.count,
        infos=[leaf[lanes] for leaf in live.infos],
        beside=[leaf[lanes] for leaf in live.beside],
    )


def unstacked(live: Live, count: int) -> list[Live]:
    """The first `count` lanes, one by one."""
    return [taken(live, slice(i, i + 1)) for i in range(count)]


def host(tree: Any) -> list[np.ndarray]:
    """Leaves as arrays of their own, which no donated buffer can reach; keys as their data."""
    return [np.array(_data(leaf)) for leaf in jax.tree.leaves(tree)]


def device(leaves: list[np.ndarray], like: Any, put: Any) -> Any:
    """The inverse of `host`: a tree shaped as `like`, each leaf laid out by `put`."""
    shapes, treedef = jax.tree.flatten(like)
    placed = [
        jax.random.wrap_key_data(put(leaf), impl="threefry2x32")  # the only kind there is
        if _is_key(shape)
        else put(leaf.astype(shape.dtype, copy=False))
        for leaf, shape in zip(leaves, shapes, strict=True)
    ]
    return jax.tree.unflatten(treedef, placed)


def merged(calls: list[Call], every: int) -> list[Call]:
    """Calls that follow one another from update 0 on, as a single one; only filled slots."""
    joined = {
        name: np.concatenate([np.asarray(info[name])[:, :count] for _, count, info in calls], 1)
        for name in calls[0][2]
        if name != "probe"
    }
    if "probe" in calls[0][2]:
        joined["probe"] = _probes(calls, every)
    return [(0, sum(count for _, count, _ in calls), joined)]


def _probes(calls: list[Call], every: int) -> Any:
    """The filled slots of every call, one after the other: [L, times, ...] leaves."""

    def filled(call):
        first, count, info = call
        slots = -(-(first + count) // every) - -(-first // every)
        return jax.tree.map(lambda leaf: leaf[:, :slots], info["probe"])

    parts = [filled(call) for call in calls]
    return jax.tree.map(lambda *leaves: np.concatenate(leaves, axis=1), *parts)


def packed(live: Live) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """A block's live part as JSON and named arrays."""
    arrays = {f"state/{i}": leaf for i, leaf in enumerate(live.state)}
    arrays |= {f"info/{i}": leaf for i, leaf in enumerate(live.infos)}
    arrays |= {f"beside/{i}": leaf for i, leaf in enumerate(live.beside)}
    for i, metrics in enumerate(live.evaluations):
        arrays |= {f"evaluation/{i}/{name}": values for name, values in metrics.items()}
    described = {
        "done": live.done, "count": live.count, "states": len(live.state),
        "infos": len(live.infos), "evaluations": [list(row) for row in live.evaluations],
        "beside": len(live.beside),
    }  # fmt: skip
    return described, arrays


def unpacked(described: dict[str, Any], arrays: dict[str, np.ndarray]) -> Live:
    """The block that was `packed` so."""
    return Live(
        done=described["done"],
        state=[arrays[f"state/{i}"] for i in range(described["states"])],
        evaluations=[
            {name: arrays[f"evaluation/{i}/{name}"] for name in names}
            for i, names in enumerate(described["evaluations"])
        ],
        count=described["count"],
        infos=[arrays[f"info/{i}"] for i in range(described["infos"])],
        beside=[arrays[f"beside/{i}"] for i in range(described.get("beside", 0))],
    )


def _is_key(leaf: Any) -> bool:
    return jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _data(leaf: Any) -> Any:
    return jax.random.key_data(leaf) if _is_key(leaf) else leaf
