"""The runs of the XOR study: tuned rates, then fresh starts, for every architecture."""

from dataclasses import dataclass
from typing import Annotated

import jax.numpy as jnp
import numpy as np

import lab
from lab import losses, protocol
from lab.foundations import backpropagation as bp
from lab.spaces import Float
from lab.study import Parts, Settings, flags

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
TARGETS = np.array([0, 1, 1, 0], np.float32)


@dataclass(frozen=True)
class Xor(Settings):
    """Of the XOR study."""

    seeds: Annotated[int, flags.whole(2, 100_000)] = 300
    """Fresh random starts of every architecture under every optimizer."""
    updates: Annotated[int, flags.whole(50, 10_000_000)] = 1000
    """Budget of every run, in updates of all four corners."""
    trials: Annotated[int, flags.whole(2, 1_000)] = 6
    """Learning rates tried for each architecture and optimizer."""
    tuning_seeds: int = 40
    evaluations: int = 50
    # names, and between which rates they are tuned; the first is the one that is drawn
    optimizers: tuple[tuple[str, float, float], ...] = (("sgd", 0.1, 30.0), ("adam", 0.003, 0.6))
    architectures: tuple[tuple[int, str], ...] = (  # hidden units, and their activation
        (2, "sigmoid"), (4, "sigmoid"), (2, "tanh"), (2, "relu"), (4, "relu"), (8, "relu"),
    )  # fmt: skip

    @property
    def names(self) -> list[str]:
        """Of the architectures, as textbooks write them."""
        return [name(*architecture) for architecture in self.architectures]


def parts(s: Xor) -> Parts:
    """Tuning and report of every architecture."""
    spaces = {of: Float(low, high, log=True) for of, low, high in s.optimizers}
    settings = {"budget": lab.Budget(updates=s.updates), "batch_size": len(CORNERS)}
    for architecture in s.architectures:
        its_task = task(*architecture)
        tuning = yield f"{its_task.name}/tuning", lab.Sweep(
            its_task, list(spaces), trials=protocol.rate_grid(spaces, s.trials),
            seeds=s.numbers(s.tuning_seeds, protocol.TUNE), evaluations=1, **settings,
        )  # fmt: skip
        yield f"{its_task.name}/report", lab.Sweep(
            its_task, list(spaces), trials=protocol.chosen_trials(protocol.select(tuning)),
            seeds=s.numbers(s.seeds, protocol.REPORT), evaluations=s.evaluations,
            probe=lab.Probe(parameters, every=s.updates - 1), **settings,
        )  # fmt: skip


def name(hidden: int, activation: str) -> str:
    """Of an architecture."""
    return f"2-{hidden}-1 {'ReLU' if activation == 'relu' else activation}"


def parameters(snapshot):
    """The weights before the first and before the last update, for the decision boundaries."""
    return snapshot.params


def task(hidden: int, activation: str) -> lab.Task:
    """XOR, one logistic output; weights start normal with variance 1/inputs, biases at 0."""

    def logits(params, batch):
        return bp.forward(params, batch["x"], (activation, "identity"))[-1][:, 0]

    def loss(params, batch):
        return jnp.mean(losses.sigmoid_binary_cross_entropy(logits(params, batch), batch["y"]))

    def metrics(params, batch):
        z, y = logits(params, batch), batch["y"]
        right = (z > 0) == (y > 0.5)
        return {
            "loss": losses.sigmoid_binary_cross_entropy(z, y),
            "accuracy": right.astype(z.dtype),
        }

    return lab.tasks.own(
        init=lambda key: bp.initialize(key, (2, hidden, 1)),
        loss=loss,
        data={"x": CORNERS, "y": TARGETS},
        metrics=metrics,
        validation=0,  # the four corners are all there is
        name=name(hidden, activation),
    )
