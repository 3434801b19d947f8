"""Sweeps, and what goes into them and comes out of them: nothing is trained or written here."""

import tempfile
from pathlib import Path

import jax
import numpy as np
import xarray as xr

import lab
from lab import optimizers, records
from lab.data.encoding import encoding
from lab.sweeps.results.exports import Model
from lab.types import Program, Rule
from tests.bad_input.specimens import Specimen
from tests.bad_input.specimens_tasks import OWN, SOURCE

PARAMS = {"w": np.ones((2, 3))}
MODEL = Model(PARAMS, {}, {"lane": {"seed": 0}})
RECORD = records.stamp(
    xr.Dataset(
        {"diverged_at": (("optimizer", "seed"), [[-1, -1]])},
        {"optimizer": ["sgd"], "seed": [0, 1]},
    ),
    {"fixed": {}, "seconds_per_update": {}},
)
_FOLDER = tempfile.TemporaryDirectory()  # goes when the tests end
KEPT = Path(_FOLDER.name)  # what is read back
lab.save(RECORD, KEPT / "record.nc")
lab.save_model(MODEL, KEPT / "model.npz")
PREDICTOR = lab.Predictor(Model(PARAMS, {}, {}), lab.models.MLP((), 2), {}, encoding(SOURCE, 0))
PREDICTOR.save(KEPT / "predictor.npz")
PROGRAM = Program(OWN.problem, Rule(optimizers.sgd), 4)
SWEEP = {
    "task": OWN,
    "optimizers": ["adam"],
    "axes": {"learning_rate": [0.1, 0.2]},
    "budget": lab.Budget(updates=3),
    "batch_size": 4,
}

SPECIMENS = (
    Specimen("lab.Budget", {"updates": 3}),
    Specimen("lab.EarlyStopping"),
    Specimen("lab.Export", {"folder": "models"}),
    Specimen("lab.Predictor", vars(PREDICTOR)),
    Specimen("lab.Probe", {"measure": jax.tree.leaves}),
    Specimen("lab.ProcessPool", {"workers": 1}),
    Specimen("lab.Sweep", SWEEP),
    Specimen("lab.load", {"path": KEPT / "record.nc"}),
    Specimen("lab.load_model", {"path": KEPT / "model.npz", "like": PARAMS}),
    Specimen("lab.load_predictor", {"path": KEPT / "predictor.npz"}),
    Specimen("lab.make_train", {"program": PROGRAM}),
    Specimen(
        "lab.save",
        {"record": RECORD, "path": "record.nc"},
        work=("lab.records.write_atomically",),
    ),
    Specimen(
        "lab.save_model",
        {"model": MODEL, "path": "model.npz"},
        work=("lab.sweeps.results.exports.write_atomically",),
    ),
    Specimen(
        "lab.sweep",
        SWEEP,
        work=(
            "lab.sweeps.engine.run",
            "lab.sweeps.engine.timed_on",
            "lab.sweeps.sweep.checkpointing",
        ),
    ),
    Specimen("lab.use_all_cores", {"count": jax.local_device_count()}),
    Specimen("lab.verify", {"record": RECORD, "again": lambda held: held.drop_vars("repeated")}),
)
