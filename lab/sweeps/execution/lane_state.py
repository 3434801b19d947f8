"""What lanes that run consist of, on the host: enough to go on with them, bit for bit."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

Call = tuple[int, int, dict]  # first update, how many, their Info


class LaneState(NamedTuple):
    """Lanes between two calls, equally far; L of them."""

    done: int  # chunks of the run
    state: list[np.ndarray]  # leaves [L, ...]
    evaluations: list[dict[str, np.ndarray]]  # [L] each
    count: int  # updates taken
    infos: list[np.ndarray]  # leaves of their Info [L, updates or probe times, ...]
    beside: tuple[np.ndarray, ...] = ()  # leaves [L, ...] of what is kept beside the state


def stacked(lane_states: Sequence[LaneState]) -> LaneState:
    """Lanes that are equally far, one after the other."""
    return _of_arrays(lambda *leaves: np.concatenate(leaves), *lane_states)


def taken(lane_state: LaneState, lanes: slice | Sequence[int]) -> LaneState:
    """Some of the lanes, by their places."""
    return _of_arrays(lambda leaf: leaf[lanes], lane_state)


def _of_arrays(function: Callable[..., np.ndarray], *lane_states: LaneState) -> LaneState:
    """Each array by a function of it; how far lanes are stays."""
    arrays = [lane_state._replace(done=None, count=None) for lane_state in lane_states]
    made = jax.tree.map(function, *arrays)
    return made._replace(done=lane_states[0].done, count=lane_states[0].count)


def unstacked(lane_state: LaneState, count: int) -> list[LaneState]:
    """The first `count` lanes, one by one."""
    return [taken(lane_state, slice(i, i + 1)) for i in range(count)]


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


def merged(calls: list[Call], every: int) -> dict[str, Any]:
    """Calls that follow one another from update 0 on: what they filled of their Info, as one."""

    def filled(first: int, count: int, info: dict) -> dict:
        slots = -(-(first + count) // every) - -(-first // every)
        return {k: _heads(v, slots if k == "probe" else count) for k, v in info.items()}

    parts = [filled(*call) for call in calls]
    return jax.tree.map(lambda *leaves: np.concatenate(leaves, axis=1), *parts)


def _heads(tree: Any, length: int) -> Any:
    return jax.tree.map(lambda leaf: np.asarray(leaf)[:, :length], tree)


def packed(lane_state: LaneState) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """A block's lane_state part as JSON and named arrays."""
    arrays = {f"state/{i}": leaf for i, leaf in enumerate(lane_state.state)}
    arrays |= {f"info/{i}": leaf for i, leaf in enumerate(lane_state.infos)}
    arrays |= {f"beside/{i}": leaf for i, leaf in enumerate(lane_state.beside)}
    for i, metrics in enumerate(lane_state.evaluations):
        arrays |= {f"evaluation/{i}/{name}": values for name, values in metrics.items()}
    lengths = {
        "states": len(lane_state.state),
        "infos": len(lane_state.infos),
        "beside": len(lane_state.beside),
    }
    rows = {"evaluations": [list(row) for row in lane_state.evaluations]}
    return {"done": lane_state.done, "count": lane_state.count, **lengths, **rows}, arrays


def unpacked(described: dict[str, Any], arrays: dict[str, np.ndarray]) -> LaneState:
    """The block that was `packed` so."""
    return LaneState(
        done=described["done"],
        state=[arrays[f"state/{i}"] for i in range(described["states"])],
        evaluations=[
            {name: arrays[f"evaluation/{i}/{name}"] for name in names}
            for i, names in enumerate(described["evaluations"])
        ],
        count=described["count"],
        infos=[arrays[f"info/{i}"] for i in range(described["infos"])],
        beside=tuple(arrays[f"beside/{i}"] for i in range(described["beside"])),
    )


def _is_key(leaf: Any) -> bool:
    return jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _data(leaf: Any) -> Any:
    return jax.random.key_data(leaf) if _is_key(leaf) else leaf
