"""What a search leaves predicts rows in original units, here and in any other process."""

import subprocess
import sys

import jax
import numpy as np
import pandas as pd
import pytest

import lab
from lab.search import CATALOG, Choice, Float, Int, Lanes, Space, When, best, search

SPACE = Space({
    "learning_rate": Float(1e-3, 1e-1, log=True), "layers": Int(1, 2), "units_0": Int(4, 16),
    "units_1": When("layers", Int(4, 16), at_least=2), "optimizer": Choice("adam"),
})  # fmt: skip


@pytest.fixture
def file(tmp_path):
    rng = np.random.default_rng(0)
    size, town = rng.uniform(20, 200, 120), rng.choice(["Ulm", "Bonn", "Kiel"], 120)
    price = 3000 * size + 50_000 * (town == "Ulm") + rng.normal(0, 1e4, 120)
    size[::17] = np.nan
    frame = pd.DataFrame({"size": size, "town": town, "garden": rng.random(120) < 0.5})
    frame = frame.assign(price=price, dear=np.where(price > 3e5, "yes", "no"))
    frame.to_csv(tmp_path / "homes.csv", index=False)
    return tmp_path / "homes.csv"


def searched(file, target, drop):
    source = lab.data.source(lab.data.from_file(file, target, drop=[drop]))
    task = lab.tasks.architectures(source, most_layers=2, most_units=16)
    lanes = Lanes(task, lab.Budget(epochs=20), seeds=[0, 1], fixed={"batch_size": 16})
    trials = search(SPACE, CATALOG["random"], lanes, budget=4)
    return task, lanes, best(trials)


@pytest.mark.parametrize(("target", "drop"), [("dear", "price"), ("price", "dear")])
def test_predictions_are_the_networks_own_and_the_same_in_a_fresh_process(
    file, target, drop, tmp_path
):
    task, lanes, trial = searched(file, target, drop)
    network = lanes.predictor(trial.configuration)
    prepared = task.source.prepare(0)
    params, model_state, about = network.model
    assert about["lane"]["seed"] in (0, 1)
    own = np.asarray(
        jax.jit(task.problem.predict)(params, model_state, prepared.rows, network.numbers)
    )
    said = network.predict(pd.read_csv(file))
    if target == "dear":
        np.testing.assert_array_equal(network.probabilities(file), own)
        assert said.tolist() == np.array(["no", "yes"])[own.argmax(1)].tolist()
        assert np.mean(said == pd.read_csv(file).dear) > 0.8
    else:
        expected = own.astype(float) * prepared.target_scale + prepared.target_offset
        np.testing.assert_array_equal(said, expected)
        assert np.corrcoef(said, pd.read_csv(file).price)[0, 1] > 0.8
        with pytest.raises(lab.InputError, match="not a class"):
            network.probabilities(file)
    network.save(tmp_path / "best.npz")
    code = (
        "import lab, numpy as np; network = lab.load_predictor('best.npz'); "
        f"np.save('said.npy', network.predict({file.name!r})); print(network.model.about['loss'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    np.testing.assert_array_equal(np.load(tmp_path / "said.npy"), said)
    assert float(done.stdout) == about["loss"]


def test_what_holds_no_predictor_is_refused(tmp_path):
    lab.save_model(lab.sweeps.results.exports.Model({"w": np.ones(1)}, {}, {}), tmp_path / "m.npz")
    with pytest.raises(lab.InputError, match="no predictor"):
        lab.load_predictor(tmp_path / "m.npz")
    quadratic = lab.tasks.own(lambda key: np.ones(2), lambda params: (params**2).sum())
    lanes = Lanes(
        quadratic,
        lab.Budget(updates=9),
        seeds=[0],
        fixed={"optimizer": "sgd", "learning_rate": 0.1, "batch_size": 1},
    )
    with pytest.raises(lab.InputError, match="it has no predictor"):
        lanes.predictor({})
