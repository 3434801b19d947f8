"""Every data set loads, splits and prepares; the made-up ones are as hard as said."""

import warnings

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from lab.data import DATASETS, Table, load, make_split, source
from lab.validation.errors import InputError

SHAPES = {
    "digits": (1797, 64, 10), "breast_cancer": (569, 30, 2), "wine": (178, 13, 3),
    "iris": (150, 4, 3), "diabetes": (442, 10, 0), "mnist1d": (4000, 40, 10),
    "moons": (1000, 2, 2), "circles": (1000, 2, 2), "xor": (1000, 2, 2), "spirals": (1000, 2, 2),
    "blobs": (1000, 2, 5), "sparse_features": (2000, 200, 2),
}  # fmt: skip
MADE_UP = ["mnist1d", "moons", "circles", "xor", "spirals", "blobs", "sparse_features"]


def test_the_catalogue_is_complete():
    assert set(SHAPES) <= set(DATASETS)


@pytest.mark.parametrize("name", DATASETS)
def test_every_data_set_is_ready_for_training(name):
    table = load(name)
    assert isinstance(table, Table)
    assert table.name == name
    made = source(table)
    if name in SHAPES:
        assert (len(table), made.n_features, made.n_classes) == SHAPES[name]
    prepared = made.prepare(0)
    assert prepared.rows["x"].shape == (len(table), made.n_features)
    assert all(np.isfinite(array).all() for array in prepared.rows.values())
    assert DATASETS[name].about.endswith(".")
    assert DATASETS[name].reference


@pytest.mark.parametrize("name", MADE_UP)
def test_made_up_data_is_a_function_of_its_seed(name):
    assert load(name, seed=1).sha256() == load(name, seed=1).sha256()
    assert load(name, seed=1).sha256() != load(name, seed=2).sha256()
    assert load(name, noise=0.3).sha256() != load(name).sha256()
    table = load(name, n=100)
    assert len(table) == 100
    for wrong in ({"n": 3}, {"n": 100.0}, {"noise": -1}, {"noise": float("nan")}, {"seed": -1}):
        with pytest.raises(InputError, match=f"{next(iter(wrong))} must be"):
            load(name, **wrong)


def test_unknown_names_and_options_are_refused():
    with pytest.raises(InputError, match="unknown data set name 'digit': did you mean 'digits'"):
        load("digit")
    with pytest.raises(InputError, match="'moons' has no option m; allowed are n, noise, seed"):
        load("moons", m=3)
    with pytest.raises(InputError, match="'iris' has no option n; allowed are none"):
        load("iris", n=3)


def accuracy(model, table):
    split = make_split(table, 0, (0.8, 0.1, 0.1))
    held = np.concatenate([split.validation, split.test])
    x = np.asarray(table.features, float)
    # threads of two small matrix products only get in each other's way
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")  # the MLP stops before it has converged
        return model.fit(x[split.train], table.targets[split.train]).score(
            x[held], table.targets[held]
        )


def linear():
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=2000)


def neighbours():
    from sklearn.neighbors import KNeighborsClassifier

    return KNeighborsClassifier(5)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("circles", 0.4, 0.65), ("xor", 0.4, 0.6), ("spirals", 0.4, 0.75), ("moons", 0.8, 0.93)],
)
def test_a_line_does_not_solve_what_neighbours_do(name, low, high):
    assert low < accuracy(linear(), load(name)) < high
    assert accuracy(neighbours(), load(name)) > max(0.9, high)


def test_what_is_convex_is_solved_by_a_line():
    assert accuracy(linear(), load("blobs")) > 0.85
    assert accuracy(linear(), load("sparse_features")) > 0.8


def test_rare_features_matter():
    table = load("sparse_features")
    x = np.asarray(table.features, float)
    assert x.mean(0)[0] > 0.4
    assert x.mean(0)[100:].max() < 0.02
    with_rare, without = load("sparse_features"), x[:, :10]
    frequent = Table("frequent", without, table.targets, "classification")
    assert accuracy(linear(), with_rare) > accuracy(linear(), frequent) + 0.05


def test_mnist1d_tells_models_apart_as_in_the_paper():
    """Greydanus 2020, table 1: logistic regression 32 %, an MLP 68 %, with 4,000 training rows."""
    from sklearn.neural_network import MLPClassifier

    table = load("mnist1d", n=5000)
    assert 0.28 < accuracy(linear(), table) < 0.38
    mlp = MLPClassifier((100, 100), max_iter=60, random_state=0)
    assert 0.57 < accuracy(mlp, table) < 0.75


def test_mnist1d_is_a_curve_on_a_sheared_base_line():
    table = load("mnist1d", n=500)
    assert table.features.dtype == np.float32
    np.testing.assert_allclose(table.features.mean(), 0, atol=1e-5)
    np.testing.assert_allclose(table.features.std(), 1, atol=1e-5)
    np.testing.assert_array_equal(np.bincount(table.targets), 50)
