"""The runs of the study of slices: each way to train is tuned, followed, and sliced."""

import jax.numpy as jnp
import numpy as np
import xarray as xr
from jax.flatten_util import ravel_pytree

import lab
from lab import protocol
from lab.data.streams import noise_key
from lab.study import Parts
from lab.types import Snapshot
from studies.loss_slices.settings import LossSlices, label, network
from studies.loss_slices.slicing import COLUMNS, KINDS, PLACES, PLANES, maps, sliced


def parts(s: LossSlices) -> Parts:
    """A way to train after the other."""
    for arm in s.arms:
        yield label(arm[0]), lambda _: measured(s, *arm)  # noqa: B023


def parameters(snapshot: Snapshot):
    """All of them as one vector, before the update."""
    return ravel_pytree(snapshot.params)[0]


def measured(
    s: LossSlices, name: str, optimizer: str, batch_size: int, low: float, high: float
) -> xr.Dataset:
    """Tune the rate of an arm, follow fresh seeds at it, and slice the loss around them."""
    task, splits = network(s)[0], s.numbers(1)
    # the last probe sees what the update before it left: one more is taken than is looked at
    settings = {
        "budget": lab.Budget(updates=s.updates + 1),
        "batch_size": batch_size,
        "split": splits[0],
        "evaluations": 1,
        "progress": False,
    }
    rates = np.geomspace(low, high, s.trials).tolist()
    tuning = lab.sweep(
        task,
        [optimizer],
        trials={optimizer: [{"learning_rate": rate} for rate in rates]},
        seeds=s.numbers(s.tuning_seeds, protocol.TUNE),
        **settings,
    )
    chosen = protocol.select(tuning)
    rate, seeds = float(chosen.learning_rate.item()), s.numbers(s.seeds, protocol.REPORT)
    runs = lab.sweep(
        task, [optimizer], axes={"learning_rate": [rate]}, seeds=seeds,
        probe=parameters, probe_every=s.every, **settings,
    ).isel(optimizer=0, learning_rate=0)  # fmt: skip
    vectors = jnp.asarray(runs.probe.transpose("seed", "probe_step", ...).values)  # [S, T, P]
    split = task.source.prepare(splits[0])
    rows = {k: jnp.asarray(v[split.train]) for k, v in split.rows.items()}
    keys = [noise_key(seed) for seed in seeds]
    found = [sliced(s, path, rows, key) for path, key in zip(vectors, keys)]
    columns = {
        column: (("seed", *dims), np.stack([np.asarray(one[column]) for one in found]))
        for column, dims in COLUMNS.items()
    }
    chose = {"rate": ((), rate), "at_edge": ((), bool(chosen.at_edge.item()))}
    return xr.Dataset(
        columns | maps(s, vectors[0], rows, keys[0]) | chose,
        {
            "seed": seeds, "updates": ("point", runs.probe_step.values.astype(int)),
            "plane": list(PLANES), "between": np.linspace(0, 1, s.between), "place": list(PLACES),
            "reach": np.linspace(-1, 1, s.reach), "kind": list(KINDS),
        },
        {"arm": name, "parameters": vectors.shape[-1], "rows": len(split.train)},
    )  # fmt: skip
