"""No leak is possible; each check is shown to fail on a leak planted for it.

- Evaluation is free of what is for training: dropout, batch statistics, noise, augmentation.
- Scaling is fitted to training rows.
- Selection does not look at test rows.
"""

from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import lab
from lab import data, models
from lab.protocol.tuning import select
from lab.regularizers import CATALOG

STRONG = {name: 0.5 for entry in CATALOG.values() for name, _ in entry.strengths} | {
    "rotation": 30.0,
    "translation": 2.0,
    "dropout_rate": 0.9,
}


@pytest.fixture(scope="module")
def task():
    return lab.tasks.CATALOG["digits"].make(
        widths=(8,),
        dropout=True,
        normalization="batch",
        scaling="whole",
        regularizers=tuple(CATALOG),
    )


def state_of(task):
    """Parameters and running averages that differ from the statistics of any batch."""
    params, model_state = task.problem.init(jax.random.key(0), dict(task.hypers))
    return params, jax.tree.map(lambda leaf: leaf + 0.5, model_state)


def batch_of(task, rows=slice(0, 24)):
    return {k: jnp.asarray(v[rows]) for k, v in task.source.prepare(0).rows.items()}


def check_evaluation(task):
    """Metrics and predictions are those of each row alone, whatever the strengths; twice alike."""
    params, model_state = state_of(task)
    batch = batch_of(task)
    none = dict.fromkeys(task.hypers, 0.0) | {"init_scale": 1.0}
    strong = none | {k: v for k, v in STRONG.items() if k in none}
    for function in (task.problem.metrics, task.problem.predict):
        measure = jax.jit(function)
        one = measure(params, model_state, batch, strong)
        again = measure(params, model_state, batch, strong)
        jax.tree.map(np.testing.assert_array_equal, one, again)
        jax.tree.map(np.testing.assert_array_equal, one, measure(params, model_state, batch, none))
        part = jax.tree.map(lambda leaf: leaf[:7], batch)
        alone = measure(params, model_state, part, strong)
        jax.tree.map(
            lambda a, b: np.testing.assert_allclose(a[:7], b, rtol=1e-5, atol=1e-6), one, alone
        )


def test_evaluation_is_free_of_what_is_for_training(task):
    check_evaluation(task)


def test_training_is_not(task):
    """The same numbers do change the training loss, each of them: nothing above holds by chance."""
    params, model_state = state_of(task)
    batch = batch_of(task)
    none = dict.fromkeys(task.hypers, 0.0) | {"init_scale": 1.0}
    loss = jax.jit(
        lambda hypers: task.problem.loss(params, model_state, batch, jax.random.key(1), hypers)[0]
    )
    for name, strength in STRONG.items():
        assert loss(none | {name: strength}) != loss(none), name


@dataclass(frozen=True)
class Augmenting:
    """Metrics with the training batch's changes: the planted leak."""

    honest: Any
    regularizer: Any
    facts: Any

    def __call__(self, params, model_state, batch, hypers):
        changed = self.regularizer.batch(jax.random.key(0), batch, hypers, self.facts)
        return self.honest(params, model_state, changed, hypers)


@dataclass(frozen=True)
class Training:
    """Metrics in training mode: another."""

    model: Any
    measure: Any

    def __call__(self, params, model_state, batch, hypers):
        key = jax.random.key(0)
        outputs, _ = models.apply(
            self.model, params, model_state, batch["x"], train=True, key=key, hypers=hypers
        )
        return self.measure(outputs, batch["y"])


@pytest.mark.parametrize("name", ["augmentation", "input_noise"])
def test_a_changed_validation_batch_is_found(task, name):
    metrics, loss = task.problem.metrics, task.problem.loss
    planted = Augmenting(metrics, CATALOG[name], loss.facts)
    with pytest.raises(AssertionError):
        check_evaluation(replace(task, problem=replace(task.problem, metrics=planted)))


@pytest.mark.parametrize("layer", [{"dropout": True}, {"normalization": "batch"}])
def test_metrics_in_training_mode_are_found(layer):
    task = lab.tasks.CATALOG["digits"].make(widths=(8,), **layer)
    honest = task.problem.metrics
    planted = Training(honest.model, honest.measure)
    check_evaluation(task)
    with pytest.raises(AssertionError):
        check_evaluation(replace(task, problem=replace(task.problem, metrics=planted)))


# Scaling


def check_scaling(prepare, table):
    """What is not trained on changes no training row: overwrite it and compare to the bit."""
    split = data.make_split(table, 0)
    features = np.array(table.features)
    features[split.validation] *= 3
    features[split.test] -= 1e3
    before = prepare(table, split).rows["x"][split.train]
    after = prepare(replace(table, features=features), split).rows["x"][split.train]
    np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("scaling", sorted(data.SCALINGS))
def test_scaling_is_fitted_to_training_rows(scaling):
    check_scaling(lambda table, split: data.prepare(table, split, scaling), data.load("wine"))


def test_a_scaler_fitted_to_all_rows_is_found():
    def planted(table, split):
        everything = np.arange(len(table), dtype=np.int32)
        return data.prepare(table, replace(split, train=everything))

    with pytest.raises(AssertionError):
        check_scaling(planted, data.load("wine"))


# Selection


class Altered:
    """A source whose test rows are wrong, everything else being as it was."""

    def __init__(self, source):
        self.source = source

    def __getattr__(self, name):
        return getattr(self.source, name)

    def prepare(self, seed):
        prepared = self.source.prepare(seed)
        test, y = prepared.open_test(), prepared.rows["y"].copy()
        y[test] = (y[test] + 1) % self.source.n_classes
        return replace(prepared, rows=prepared.rows | {"y": y})


def check_selection(choose):
    """Other test targets leave the choice as it is."""
    task = lab.tasks.CATALOG["iris"].make(widths=(8,))
    assert choose(task) == choose(replace(task, source=Altered(task.source)))


def tuned(task, **more):
    return lab.sweep(
        task, ["sgd"], trials={"sgd": [{"learning_rate": rate} for rate in (1e-6, 1e-2, 0.3)]},
        seeds=[0], budget=lab.Budget(epochs=10), batch_size=8, evaluations=1, **more,
    )  # fmt: skip


def test_selection_does_not_look_at_test_rows():
    check_selection(lambda task: select(tuned(task)).trial.item())


def test_selection_on_test_rows_is_found():
    def planted(task):
        prepared = task.source.prepare(0)
        test = prepared.open_test()
        outputs = tuned(task, predict_on=lambda split: test).outputs.values[0, :, 0]
        picked = np.take_along_axis(outputs, prepared.rows["y"][test][None, :, None], 2)
        return int(np.argmin(-np.log(picked + 1e-9).mean((1, 2))))

    with pytest.raises(AssertionError):
        check_selection(planted)
