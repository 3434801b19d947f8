"""Outputs of trained models are on rows as prepared for the split of each."""

import numpy as np

import lab


def test_outputs_on_validation_rows_are_what_validation_metrics_are_of():
    """Each split scales its rows by its own training rows."""
    task = lab.tasks.CATALOG["wine"].make(widths=(8,), train_size=20)
    prepared = [task.source.prepare(split) for split in range(3)]
    count = min(len(one.validation) for one in prepared)
    record = lab.sweep(
        task, ["adam"], axes={"learning_rate": [0.03], "split": range(3)}, seeds=2,
        budget=lab.Budget(updates=20), batch_size=10, evaluations=1,
        predict_on=lambda split: prepared[split].validation[:count],
    ).isel(optimizer=0, learning_rate=0)  # fmt: skip
    assert all(len(one.validation) == count for one in prepared)
    outputs = record.outputs.transpose("split", "seed", ...).values
    for split, one in enumerate(prepared):
        picked = outputs[split][:, np.arange(count), one.rows["y"][one.validation]]
        loss = -np.log(picked).mean(-1)
        measured = record.validation_loss.isel(step=-1, split=split)
        np.testing.assert_allclose(loss, measured, rtol=1e-4)
