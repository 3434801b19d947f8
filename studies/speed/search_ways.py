"""One search by one way, in a process of its own, so that nothing is compiled before it begins.

`python -m studies.speed.search_ways WAY CASE TRIALS EPOCHS` prints JSON: how many trials were
done so many seconds after the search began (imports, data and the start of JAX come before). All
ways train the same networks on the same rows and evaluate them on the same validation rows at the
end of each trial; none keeps trials on disk.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

import lab
from lab.data.streams import key_data, order
from lab.search import CATALOG, Configuration, Float, Int, Lanes, Space, When, search
from lab.search._bayesian import optuna, suggest, tpe_sampler
from lab.tasks import Task
from studies.speed.settings import KERAS, SEARCH, STEPS

NUMBERS: dict[str, Any] = {
    "learning_rate": Float(1e-4, 1e-1, log=True),
    "b1": Float(0.5, 0.99),
    "b2": Float(0.9, 0.9999),
    "init_scale": Float(0.3, 3.0, log=True),
}
SHAPES: dict[str, Any] = {"layers": Int(1, 3), "units_0": Int(8, 64, step=8)} | {
    f"units_{i}": When("layers", Int(8, 64, step=8), at_least=i + 1) for i in (1, 2)
}
WIDTHS, BATCH, SEED = (32, 32), 32, 0


class Case(NamedTuple):
    """A space, and how it is searched."""

    space: Space
    searcher: str
    round: int  # trials that the lab trains at once


CASES = {
    "numbers, random search": Case(Space(NUMBERS), "random", 1024),
    "numbers, TPE": Case(Space(NUMBERS), "tpe", 32),
    "architectures, random search": Case(Space(NUMBERS | SHAPES), "random", 24),
}
SAMPLERS: dict[str, Callable[[], Any]] = {
    "random": lambda: optuna().samplers.RandomSampler(seed=SEED),
    "tpe": lambda: tpe_sampler(SEED),
}
Told = Callable[[int], None]  # how many trials are done
Begin = Callable[[Told], object]  # what is timed: the search


def lab_search(case: Case, trials: int, epochs: int) -> Begin:
    """Rounds of lanes, over all cores."""
    lab.use_all_cores()
    source = lab.data.source(lab.data.load("breast_cancer"))
    source.prepare(SEED)
    task = (
        lab.tasks.architectures(source, most_layers=3, most_units=64)
        if "layers" in case.space
        else lab.tasks.supervised(source, widths=WIDTHS)
    )
    fixed = {"optimizer": "adam", "batch_size": BATCH}
    lanes = Lanes(task, lab.Budget(epochs=epochs), seeds=[SEED], fixed=fixed)
    return lambda told: search(
        case.space, CATALOG[case.searcher], lanes, budget=trials, batch=min(case.round, trials),
        told=lambda done: told(len(done)),
    )  # fmt: skip


def jitted_steps(case: Case, trials: int, epochs: int) -> Begin:
    """A Python loop of jitted steps; numbers are arguments, so that they never compile anew."""
    _data(WIDTHS)
    return lambda told: driven(case, trials, told, lambda numbers: trained(numbers, epochs))


def trained(numbers: Configuration, epochs: int) -> float:
    """Validation loss of one trial."""
    start, step, validation_loss, rows, batches = _compiled(widths(numbers), epochs)
    hypers = {name: jnp.float32(value) for name, value in numbers.items() if name in NUMBERS}
    state = start(hypers)
    for index in batches:
        state = step(state, rows, index, hypers)
    return float(validation_loss(state[0]))


@cache
def _compiled(widths: tuple[int, ...], epochs: int):
    """Functions that compile when first called: once for each shape of the network."""
    task, prepared = _data(widths)
    problem, train = task.problem, prepared.train
    updates = epochs * len(train) // BATCH
    batches = train[order(SEED, len(train), 0, updates * BATCH)].reshape(updates, BATCH)
    rows = {name: jnp.asarray(values) for name, values in prepared.rows.items()}
    validation = {name: values[prepared.validation] for name, values in rows.items()}

    def rule(hypers):
        return optax.adam(hypers["learning_rate"], hypers["b1"], hypers["b2"])

    @jax.jit
    def start(hypers):
        key = jax.random.wrap_key_data(jnp.asarray(key_data(SEED, "parameters")))
        params = problem.init(key, hypers).params
        return params, rule(hypers).init(params)

    @jax.jit
    def step(state, rows, index, hypers):
        params, opt_state = state
        batch = {name: values[index] for name, values in rows.items()}
        gradient = jax.grad(lambda p: problem.loss(p, {}, batch, None, hypers)[0])(params)
        updates, opt_state = rule(hypers).update(gradient, opt_state, params)
        return optax.apply_updates(params, updates), opt_state

    @jax.jit
    def validation_loss(params):
        return problem.metrics(params, {}, validation, {})["loss"].mean()

    return start, step, validation_loss, rows, batches


def keras_fit(case: Case, trials: int, epochs: int) -> Begin:
    """A new Keras model and a call of `fit` for each trial."""
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import keras  # pyright: ignore[reportMissingImports]

    _, prepared = _data(WIDTHS)
    x, y = prepared.rows["x"], prepared.rows["y"]
    train, validation = prepared.train, prepared.validation

    def objective(numbers: Configuration) -> float:
        keras.utils.clear_session()
        draw = keras.initializers.VarianceScaling(2 * numbers["init_scale"] ** 2, "fan_in")
        dense = [
            keras.layers.Dense(units, "relu", kernel_initializer=draw) for units in widths(numbers)
        ]
        model = keras.Sequential([*dense, keras.layers.Dense(2, kernel_initializer=draw)])
        model.compile(
            keras.optimizers.Adam(numbers["learning_rate"], numbers["b1"], numbers["b2"]),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        )
        model.fit(x[train], y[train], batch_size=BATCH, epochs=epochs, verbose=0)
        return float(model.evaluate(x[validation], y[validation], verbose=0))

    return lambda told: driven(case, trials, told, objective)


def driven(
    case: Case, trials: int, told: Told, objective: Callable[[Configuration], float]
) -> None:
    """Optuna asks for one trial at a time."""
    study = optuna().create_study(sampler=SAMPLERS[case.searcher]())
    study.optimize(
        lambda trial: objective(suggest(trial, case.space)),
        n_trials=trials,
        callbacks=[lambda study, _: told(len(study.trials))],
    )


def widths(numbers: Configuration) -> tuple[int, ...]:
    """Of the hidden layers."""
    return tuple(numbers[f"units_{i}"] for i in range(numbers.get("layers", 0))) or WIDTHS


@cache
def _data(widths: tuple[int, ...]) -> tuple[Task, Any]:
    task = lab.tasks.supervised(lab.data.source(_table()), widths=widths)
    return task, task.source.prepare(SEED)


@cache
def _table() -> lab.data.Table:
    return lab.data.load("breast_cancer")


WAYS = {KERAS: keras_fit, STEPS: jitted_steps, SEARCH: lab_search}


def search_once(way: str, case: str, trials: int, epochs: int) -> list[tuple[int, float]]:
    """Search, and tell how many trials were done, and when."""
    optuna().logging.set_verbosity(optuna().logging.WARNING)
    searching = WAYS[way](CASES[case], trials, epochs)
    jax.block_until_ready(jnp.zeros(1))
    done: list[tuple[int, float]] = []
    begin = time.perf_counter()
    searching(lambda count: done.append((count, time.perf_counter() - begin)))
    return done


if __name__ == "__main__":
    way, space, trials, epochs = sys.argv[1:5]
    print(json.dumps(search_once(way, space, int(trials), int(epochs))))
