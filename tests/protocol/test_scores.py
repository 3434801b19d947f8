"""Scores agree with scikit-learn's, weights included."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn import metrics

from lab.protocol import scores

RNG = np.random.default_rng(0)
WEIGHT = RNG.uniform(0.5, 2.0, 50)


@pytest.mark.parametrize("classes", [2, 4])
def test_of_classes(classes):
    targets = np.arange(50) % classes
    outputs = RNG.dirichlet(np.ones(classes), (3, 50))
    found = scores.classification(targets, outputs, WEIGHT, None)
    for i, each in enumerate(outputs):
        predicted, by = each.argmax(1), {"sample_weight": WEIGHT}
        expected = {
            "loss": metrics.log_loss(targets, each, **by),
            "accuracy": metrics.accuracy_score(targets, predicted, **by),
            "balanced_accuracy": metrics.balanced_accuracy_score(targets, predicted, **by),
        }
        for name, value in expected.items():
            np.testing.assert_allclose(found[name][i], value, rtol=1e-12, err_msg=name)
    assert found["confusion"].shape == (3, classes, classes)
    np.testing.assert_allclose(found["confusion"].sum((1, 2)), 1)


def test_of_numbers():
    targets, outputs = RNG.normal(size=50), RNG.normal(size=(3, 50))
    found = scores.regression(targets, outputs, WEIGHT, SimpleNamespace(target_scale=7.0))
    for i, each in enumerate(outputs):
        by = {"sample_weight": WEIGHT}
        squared = metrics.mean_squared_error(targets, each, **by)
        np.testing.assert_allclose(found["loss"][i], squared)
        np.testing.assert_allclose(found["rmse"][i], 7 * np.sqrt(squared))
        np.testing.assert_allclose(found["r2"][i], metrics.r2_score(targets, each, **by))


def test_a_certain_error_costs_much_and_not_everything():
    certain = np.array([[[1.0, 0.0]]])
    loss = scores.class_loss(np.array([1]), certain, np.ones(1), None)["loss"]
    assert 30 < loss.item() < 40  # −log of the machine's epsilon


@pytest.mark.parametrize("score", [scores.class_loss, scores.squared_loss])
@pytest.mark.parametrize("classes", [2, 10])
def test_a_lane_is_scored_alike_alone_and_among_others(score, classes):
    rng = np.random.default_rng(classes)
    outputs = rng.normal(size=(7, 357, classes)).astype(np.float32)
    targets, weight = rng.integers(classes, size=357), rng.uniform(size=357)
    if score is scores.squared_loss:
        outputs = outputs[..., 0]
    together = score(targets, outputs, weight, None)["loss"]
    for lane in range(7):
        alone = score(targets, outputs[lane : lane + 1], weight, None)["loss"]
        assert alone.tobytes() == together[lane : lane + 1].tobytes()
