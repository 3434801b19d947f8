"""Stopping early has the semantics of Keras 3, pinned by what Keras did on the same sequences."""

import numpy as np
import pytest

import lab
from lab.sweeps.early_stopping.rule import EarlyStopping, replay, unwatched, watched

INF, NAN = float("inf"), float("nan")
FALLING = (0.9, 0.7, 0.8, 0.6, 0.65, 0.64, 0.63, 0.5, 0.55, 0.6)
RISING = (0.1, 0.3, 0.3, 0.5, 0.4, 0.45, 0.6, 0.6, 0.6, 0.6)
TRACED = [  # recorded from keras.callbacks.EarlyStopping of Keras 3.15.1, JAX backend, float32
    # values of val_loss, arguments; epochs run, whether it stopped, epoch of the weights at the end
    (FALLING, {}, (3, True, 3)),
    (FALLING, {"patience": 1}, (3, True, 3)),
    (FALLING, {"patience": 2}, (6, True, 6)),
    (FALLING, {"patience": 3}, (7, True, 7)),
    (FALLING, {"patience": 4}, (10, False, 10)),
    (FALLING, {"patience": 20}, (10, False, 10)),
    (FALLING, {"patience": 3, "restore_best_weights": True}, (7, True, 4)),
    (FALLING, {"patience": 20, "restore_best_weights": True}, (10, False, 8)),
    (FALLING, {"patience": 1, "restore_best_weights": True}, (3, True, 2)),
    (FALLING, {"patience": 2, "min_delta": 0.1}, (4, True, 4)),
    (FALLING, {"patience": 3, "min_delta": 0.05, "restore_best_weights": True}, (7, True, 4)),
    (FALLING, {"patience": 2, "min_delta": -0.1, "restore_best_weights": True}, (4, True, 2)),
    (FALLING, {"patience": 20, "min_delta": 0.15, "restore_best_weights": True}, (10, False, 8)),
    (
        (1.0, 0.9, 0.8, 0.7, 0.6, 0.5),
        {"patience": 2, "min_delta": 0.1, "restore_best_weights": True},
        (6, False, 5),
    ),
    (
        (1.0, 0.75, 0.5, 0.25),
        {"patience": 1, "min_delta": 0.25, "restore_best_weights": True},
        (2, True, 1),
    ),
    (FALLING, {"patience": 2, "baseline": 0.65}, (3, True, 3)),
    (FALLING, {"patience": 2, "baseline": 0.75, "restore_best_weights": True}, (6, True, 4)),
    (FALLING, {"patience": 3, "baseline": 0.1, "restore_best_weights": True}, (3, True, 2)),
    (FALLING, {"patience": 4, "baseline": 0.6, "restore_best_weights": True}, (5, True, 4)),
    (
        FALLING,
        {"patience": 3, "baseline": 0.65, "min_delta": 0.05, "restore_best_weights": True},
        (3, True, 2),
    ),
    (
        (0.9, 0.8, 0.7, 0.6, 0.5),
        {"patience": 2, "baseline": 0.1, "restore_best_weights": True},
        (5, False, 5),
    ),
    (
        (0.9, 0.8, 0.7, 0.6, 0.65),
        {"patience": 2, "baseline": 0.1, "restore_best_weights": True},
        (5, True, 4),
    ),
    (FALLING, {"start_from_epoch": 3}, (5, True, 5)),
    (FALLING, {"start_from_epoch": 4, "patience": 2, "restore_best_weights": True}, (10, True, 8)),
    (FALLING, {"start_from_epoch": 9, "restore_best_weights": True}, (10, False, 10)),
    (FALLING, {"start_from_epoch": 10, "restore_best_weights": True}, (10, False, 10)),
    (FALLING, {"start_from_epoch": 1, "patience": 1, "restore_best_weights": True}, (3, True, 2)),
    (RISING, {"mode": "max", "patience": 1, "restore_best_weights": True}, (3, True, 2)),
    (RISING, {"mode": "max", "patience": 2}, (6, True, 6)),
    (RISING, {"mode": "max", "patience": 3, "restore_best_weights": True}, (10, True, 7)),
    (
        RISING,
        {"mode": "max", "patience": 2, "min_delta": 0.1, "restore_best_weights": True},
        (6, True, 4),
    ),
    (
        RISING,
        {"mode": "max", "patience": 2, "baseline": 0.45, "restore_best_weights": True},
        (3, True, 2),
    ),
    (
        RISING,
        {
            "mode": "max",
            "patience": 3,
            "baseline": 0.35,
            "min_delta": 0.1,
            "restore_best_weights": True,
        },
        (3, True, 2),
    ),
    (RISING, {"mode": "min", "patience": 2, "restore_best_weights": True}, (3, True, 1)),
    ((0.5, 0.5, 0.5, 0.5), {"patience": 2, "restore_best_weights": True}, (3, True, 1)),
    ((0.5, 0.5, 0.5, 0.5), {"patience": 0}, (2, True, 2)),
    ((0.5,), {"patience": 0, "restore_best_weights": True}, (1, False, 1)),
    ((INF, INF, 0.5, 0.4), {"patience": 3, "restore_best_weights": True}, (4, False, 4)),
    ((0.5, INF, INF, 0.4), {"patience": 2, "restore_best_weights": True}, (3, True, 1)),
    ((NAN, 0.5, 0.4, 0.3, 0.2), {"patience": 2, "restore_best_weights": True}, (3, True, 1)),
    ((0.5, NAN, 0.4, NAN, NAN), {"patience": 2, "restore_best_weights": True}, (5, True, 3)),
    (
        (0.81, 0.7, 0.71, 0.62, 0.54, 0.59, 0.64, 0.6, 0.46, 0.41, 0.46, 0.51),
        {
            "patience": 1,
            "min_delta": 0.05,
            "start_from_epoch": 2,
            "restore_best_weights": False,
            "mode": "max",
            "baseline": 0.6,
        },
        (4, True, 4),
    ),
    (
        (0.74, 0.67, 0.63, 0.64, 0.66, 0.55, 0.65, 0.48, 0.55, 0.59, 0.52, 0.45),
        {
            "patience": 4,
            "min_delta": 0.05,
            "start_from_epoch": 1,
            "restore_best_weights": True,
            "mode": "max",
            "baseline": 0.6,
        },
        (6, True, 2),
    ),
    (
        (0.72, 0.7, 0.64, 0.65, 0.6, 0.59, 0.49, 0.52, 0.58, 0.63, 0.41, 0.63),
        {
            "patience": 3,
            "min_delta": 0.02,
            "start_from_epoch": 2,
            "restore_best_weights": False,
            "mode": "max",
        },
        (6, True, 6),
    ),
    (
        (0.77, 0.83, 0.81, 0.75, 0.68, 0.59, 0.44, 0.53, 0.57, 0.41, 0.54, 0.54),
        {
            "patience": 4,
            "min_delta": 0.05,
            "start_from_epoch": 2,
            "restore_best_weights": False,
            "mode": "max",
        },
        (7, True, 7),
    ),
    (
        (0.77, 0.62, 0.79, 0.57, 0.61, 0.54, 0.67, 0.63, 0.57, 0.34, 0.51, 0.56),
        {
            "patience": 2,
            "min_delta": 0.02,
            "start_from_epoch": 1,
            "restore_best_weights": True,
            "mode": "min",
        },
        (8, True, 6),
    ),
    (
        (0.85, 0.86, 0.55, 0.56, 0.65, 0.56, 0.7, 0.54, 0.47, 0.48, 0.42, 0.41),
        {
            "patience": 4,
            "min_delta": 0.05,
            "start_from_epoch": 0,
            "restore_best_weights": False,
            "mode": "min",
            "baseline": 0.6,
        },
        (4, True, 4),
    ),
    (
        (0.74, 0.85, 0.63, 0.74, 0.54, 0.5, 0.56, 0.61, 0.53, 0.47, 0.4, 0.4),
        {
            "patience": 4,
            "min_delta": 0.05,
            "start_from_epoch": 0,
            "restore_best_weights": True,
            "mode": "max",
        },
        (6, True, 2),
    ),
    (
        (0.71, 0.78, 0.55, 0.55, 0.63, 0.38, 0.57, 0.48, 0.53, 0.51, 0.53, 0.56),
        {
            "patience": 1,
            "min_delta": 0.0,
            "start_from_epoch": 1,
            "restore_best_weights": True,
            "mode": "max",
        },
        (3, True, 2),
    ),
    (
        (0.87, 0.81, 0.72, 0.68, 0.59, 0.44, 0.53, 0.47, 0.41, 0.54, 0.47, 0.43),
        {
            "patience": 0,
            "min_delta": 0.02,
            "start_from_epoch": 1,
            "restore_best_weights": False,
            "mode": "min",
        },
        (7, True, 7),
    ),
    (
        (0.91, 0.71, 0.74, 0.72, 0.67, 0.37, 0.64, 0.56, 0.55, 0.54, 0.54, 0.53),
        {
            "patience": 3,
            "min_delta": 0.02,
            "start_from_epoch": 3,
            "restore_best_weights": True,
            "mode": "min",
        },
        (9, True, 6),
    ),
    (
        (0.74, 0.8, 0.63, 0.62, 0.51, 0.52, 0.54, 0.41, 0.54, 0.51, 0.42, 0.32),
        {
            "patience": 2,
            "min_delta": 0.05,
            "start_from_epoch": 2,
            "restore_best_weights": True,
            "mode": "min",
        },
        (7, True, 5),
    ),
    (
        (0.78, 0.86, 0.65, 0.62, 0.46, 0.69, 0.61, 0.61, 0.52, 0.59, 0.54, 0.56),
        {
            "patience": 2,
            "min_delta": 0.05,
            "start_from_epoch": 3,
            "restore_best_weights": True,
            "mode": "max",
            "baseline": 0.6,
        },
        (5, True, 4),
    ),
]


@pytest.mark.parametrize(("values", "arguments", "expected"), TRACED)
def test_every_outcome_is_that_of_keras(values, arguments, expected):
    rule = EarlyStopping(**arguments)
    upward = arguments.get("mode") == "max"
    watch = replay(rule, np.array([values], np.float32), upward=upward)
    stopped, best = int(watch.stopped_at[0]), int(watch.best_at[0])
    ran = stopped or len(values)
    kept = best if rule.restore_best_weights and best else ran
    assert (ran, stopped > 0, kept) == expected


def test_lanes_are_watched_each_for_itself():
    curves = np.random.default_rng(0).normal(size=(40, 15)).astype(np.float32)
    rule = EarlyStopping(patience=2, min_delta=0.1)
    together = replay(rule, curves)
    for i, curve in enumerate(curves):
        alone = replay(rule, curve[None])
        for a, b in zip(together, alone):
            np.testing.assert_array_equal(a[i], b[0])


def test_lanes_that_are_not_alive_are_not_looked_at():
    watch = unwatched(2)
    for number, value in enumerate((1.0, 2.0, 3.0), 1):
        values = np.array([value, value], np.float32)
        watch = watched(EarlyStopping(), False, watch, number, values, np.array([True, False]))
    assert watch.stopped_at.tolist() == [2, 0]
    assert watch.best_at.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"patience": -1}, "patience must be a whole number"),
        ({"patience": 1.5}, "patience must be a whole number"),
        ({"start_from_epoch": True}, "start_from_epoch must be a whole number"),
        ({"min_delta": NAN}, "min_delta must be a finite number"),
        ({"min_delta": None}, "min_delta must be a finite number"),
        ({"baseline": INF}, "baseline must be a finite number"),
        ({"mode": "down"}, "unknown mode 'down'"),
        ({"monitor": "val_loss"}, "monitor must be the name of a validation metric"),
        ({"restore_best_weights": 1}, "restore_best_weights must be True or False"),
    ],
)
def test_what_is_no_rule_is_refused(wrong, said):
    with pytest.raises(lab.InputError, match=said):
        EarlyStopping(**wrong)
