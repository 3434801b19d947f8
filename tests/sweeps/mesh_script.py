"""Prints a digest of one sweep on meshes of 2, 4 and 8 CPU devices."""

import hashlib

import jax

import lab

lab.use_all_cores(8)
table = lab.data.load("iris")
task = lab.tasks.supervised(
    lab.data.source(table), widths=(16, 16), normalization="batch", dropout=True
)
for devices in (2, 4, 8):
    record = lab.sweep(
        task,
        ["adam"],
        axes={"learning_rate": [0.01, 0.1]},
        seeds=20,
        budget=lab.Budget(updates=40),
        batch_size=7,
        evaluations=2,
        devices=jax.devices()[:devices],
    )
    digest = hashlib.sha256()
    for name in ("validation_loss", "validation_accuracy", "train_loss"):
        digest.update(record[name].values.tobytes())
    print(digest.hexdigest())
